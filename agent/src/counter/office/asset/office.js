// The script of the pages beside the counter page: sends forms without leaving the page, swaps in
// what changed, shows PDFs in their place, and records what is drawn on the pad. Without it, forms
// are sent by the browser and every page is whole; only the pad needs it.
//
// Written for Chromium 109, the last that runs on Windows 7.
"use strict";

(() => {
  const RETRY_MS = 2000;
  // As the server has it: most points of a drawing, all strokes together.
  const MOST_POINTS = 2000;
  // A point nearer to the last one than this many thousandths of the pad says nothing new.
  const STEP = 3;

  const words = document.body.dataset;
  const content = document.getElementById("content");
  const answer = document.getElementById("answer");
  const lost = document.getElementById("lost");

  function parse(html) {
    return new DOMParser().parseFromString(html, "text/html");
  }

  // ---- forms -----------------------------------------------------------------------------------

  function say(text) {
    const line = document.createElement("p");
    line.className = "answer answer-bad";
    line.textContent = text;
    answer.replaceChildren(line);
  }

  // A page of ours has the whole content; a notice has an answer alone, and what was typed stays.
  function show(html) {
    const page = parse(html);
    const fresh = page.getElementById("content");
    const told = page.getElementById("answer");
    if (fresh) {
      for (const old of Array.from(content.children)) {
        if (!old.hasAttribute("data-kept")) {
          old.remove();
        }
      }
      for (const child of Array.from(fresh.children)) {
        if (!child.hasAttribute("data-kept")) {
          content.append(child);
        }
      }
      remember();
      prepare();
    }
    answer.replaceChildren(...(told ? told.childNodes : []));
    if (answer.firstChild) {
      answer.focus({ preventScroll: true });
      answer.scrollIntoView({ block: "nearest" });
    }
  }

  async function send(form, button) {
    if (form.hasAttribute("data-pad")) {
      form.elements.strokes.value = JSON.stringify(strokes);
      form.elements.png.value = picture();
    }
    const data = new FormData(form);
    const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
    button.disabled = true;
    try {
      const response = await fetch(form.getAttribute("action"), { method: "POST", body });
      show(await response.text());
    } catch (error) {
      say(words.notSent);
    }
    button.disabled = false;
    for (const secret of form.querySelectorAll("input[name=pin]")) {
      secret.value = "";
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter || form.querySelector("button");
    if (form.hasAttribute("data-native") || button.hasAttribute("data-native")) {
      return;
    }
    event.preventDefault();
    if (!button.disabled) {
      send(form, button);
    }
  });

  // ---- news ------------------------------------------------------------------------------------

  // What the server sent for each part: only what it sends anew replaces a part.
  let sent = new Map();

  function remember() {
    sent = new Map();
    for (const part of content.querySelectorAll("[data-part]:not([data-kept])")) {
      sent.set(part.id, part.outerHTML);
    }
  }

  function swap(fresh) {
    const active = document.activeElement ? document.activeElement.id : "";
    for (const part of Array.from(fresh.querySelectorAll("[data-part]:not([data-kept])"))) {
      const old = document.getElementById(part.id);
      if (old && sent.get(part.id) !== part.outerHTML) {
        sent.set(part.id, part.outerHTML);
        old.replaceWith(part);
      } else if (!old) {
        sent.set(part.id, part.outerHTML);
        content.append(part);
      }
    }
    const again = active && document.getElementById(active);
    if (again && again !== document.activeElement) {
      again.focus({ preventScroll: true });
    }
  }

  function lose(text) {
    lost.textContent = text;
    lost.hidden = false;
  }

  let events = null;
  let isFetching = false;
  let isStale = false;
  let isOver = false;

  async function refresh() {
    if (isFetching || isOver) {
      isStale = true;
      return;
    }
    isFetching = true;
    do {
      isStale = false;
      try {
        const response = await fetch(location.pathname, { cache: "no-store" });
        const page = parse(await response.text());
        if (response.ok && page.getElementById("content")) {
          lost.hidden = true;
          swap(page);
        } else if (response.status === 401) {
          const told = page.querySelector("#answer .answer");
          lose(told ? told.textContent : words.lost);
          isOver = true;
          events.close();
        }
      } catch (error) {
        lose(words.lost);
      }
    } while (isStale && !isOver);
    isFetching = false;
  }

  function listen() {
    events = new EventSource("/counter/events");
    events.addEventListener("open", refresh);
    events.addEventListener("changed", refresh);
    events.addEventListener("error", async () => {
      lose(words.lost);
      if (events.readyState === EventSource.CLOSED) {
        // Refused, and the browser gives up: the page itself says why, and whether to call again.
        await refresh();
        if (!isOver) {
          setTimeout(listen, RETRY_MS);
        }
      }
    });
  }

  // ---- the pad ---------------------------------------------------------------------------------

  let pad = null;
  let strokes = [];
  let begun = 0;
  let drawing = null;

  function count() {
    return strokes.reduce((sum, stroke) => sum + stroke.length, 0);
  }

  // Where on the pad, in thousandths of its width, and when.
  function point(event) {
    const box = pad.getBoundingClientRect();
    const place = (at, most) =>
      Math.min(most, Math.max(0, Math.round((at / box.width) * 1000)));
    const lowest = Math.floor((box.height / box.width) * 1000);
    if (strokes.length === 0) {
      begun = event.timeStamp;
    }
    const before = strokes.length > 0 ? strokes[strokes.length - 1].slice(-1)[0] : [0, 0, 0];
    // Events of one frame may come with the time of the frame.
    const ms = Math.max(before ? before[2] : 0, Math.round(event.timeStamp - begun));
    return [
      place(event.clientX - box.left, 1000),
      place(event.clientY - box.top, lowest),
      ms,
    ];
  }

  function draw() {
    const pen = pad.getContext("2d");
    const scale = pad.width / 1000;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, pad.width, pad.height);
    pen.strokeStyle = "#000";
    pen.lineWidth = 4;
    pen.lineCap = "round";
    pen.lineJoin = "round";
    for (const stroke of strokes) {
      pen.beginPath();
      pen.moveTo(stroke[0][0] * scale, stroke[0][1] * scale);
      for (const [x, y] of stroke) {
        pen.lineTo(x * scale, y * scale);
      }
      pen.stroke();
    }
  }

  // The picture as base64.
  function picture() {
    return pad ? pad.toDataURL("image/png").split(",")[1] : "";
  }

  function begin(event) {
    if (!event.isPrimary || event.button !== 0) {
      return;
    }
    event.preventDefault();
    if (count() >= MOST_POINTS) {
      say(words.full);
      return;
    }
    const first = point(event);
    drawing = event.pointerId;
    pad.setPointerCapture(drawing);
    strokes.push([first]);
    draw();
  }

  function go(event) {
    if (event.pointerId !== drawing) {
      return;
    }
    const between = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of between.length > 0 ? between : [event]) {
      const stroke = strokes[strokes.length - 1];
      const next = point(one);
      const last = stroke[stroke.length - 1];
      const way = Math.abs(next[0] - last[0]) + Math.abs(next[1] - last[1]);
      if (way >= STEP && count() < MOST_POINTS) {
        stroke.push(next);
      }
    }
    draw();
  }

  function end(event) {
    if (event.pointerId === drawing) {
      drawing = null;
    }
  }

  function preparePad() {
    pad = document.getElementById("pad");
    strokes = [];
    drawing = null;
    if (!pad) {
      return;
    }
    pad.closest("form").hidden = false;
    pad.addEventListener("pointerdown", begin);
    pad.addEventListener("pointermove", go);
    pad.addEventListener("pointerup", end);
    pad.addEventListener("pointercancel", end);
    document.querySelector("[data-undo]").addEventListener("click", () => {
      strokes.pop();
      draw();
    });
    document.querySelector("[data-clear]").addEventListener("click", () => {
      strokes = [];
      draw();
    });
    draw();
  }

  // ---- papers ----------------------------------------------------------------------------------

  // What the browser cannot draw as an image is a PDF: its viewer shows it.
  function showDocument(image) {
    const paper = document.createElement("object");
    paper.type = "application/pdf";
    paper.data = image.src;
    paper.setAttribute("aria-label", image.alt);
    image.replaceWith(paper);
  }

  function prepare() {
    preparePad();
    for (const image of document.querySelectorAll("img[data-paper]")) {
      if (image.complete && image.naturalWidth === 0) {
        showDocument(image);
      } else {
        image.addEventListener("error", () => showDocument(image));
      }
    }
  }

  remember();
  prepare();
  if (content.hasAttribute("data-live")) {
    listen();
  }
})();
