// The counter page's script: swaps in the parts that changed, keeps the scan field ready, counts
// down. It knows nothing of what the parts mean. Without it the page reloads itself.
//
// Written for Chromium 109, the last that runs on Windows 7.
"use strict";

(() => {
  // Longer than two signs of life: after that, nobody may trust the light.
  const SILENCE_MS = 40000;
  const RETRY_MS = 2000;

  const words = document.body.dataset;
  const field = document.getElementById("code");
  if (!field) {
    return;
  }

  // What the server sent for each part: the page itself changes parts (an opened form, text typed
  // in), and only what the server sends anew may replace them.
  const sent = new WeakMap();
  for (const part of document.querySelectorAll("[data-part], [data-merge] > *")) {
    sent.set(part, part.outerHTML);
  }

  // ---- parts -----------------------------------------------------------------------------------

  function swap(old, fresh) {
    const html = fresh.outerHTML;
    if (fresh.hasAttribute("data-kept")) {
      // A live region has to stay where it is to be read out.
      old.replaceChildren(...fresh.childNodes);
    } else if (sent.get(old) !== html) {
      if (fresh.hasAttribute("data-merge")) {
        merge(old, fresh);
        sent.set(old, html);
      } else {
        sent.set(fresh, html);
        old.replaceWith(fresh);
      }
    }
  }

  // Swaps child by child, so that a form somebody fills in survives the news of another one.
  function merge(old, fresh) {
    const wanted = new Set(Array.from(fresh.children, (child) => child.id));
    for (const child of Array.from(old.children)) {
      if (!wanted.has(child.id)) {
        child.remove();
      }
    }
    let before = null;
    for (const child of Array.from(fresh.children)) {
      const known = Array.from(old.children).find((other) => other.id === child.id);
      if (known) {
        swap(known, child);
      } else {
        sent.set(child, child.outerHTML);
        old.insertBefore(child, before ? before.nextElementSibling : old.firstElementChild);
      }
      before = Array.from(old.children).find((other) => other.id === child.id);
    }
  }

  function show(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const sale = document.getElementById("light").dataset.sale;
    if (fresh.getElementById("light")) {
      document.body.classList.remove("lost");
    }
    for (const part of Array.from(fresh.querySelectorAll("[data-part]"))) {
      const old = document.getElementById(part.id);
      if (old) {
        swap(old, part);
      }
    }
    const light = document.getElementById("light");
    if (light.dataset.sale !== sale && !fresh.getElementById("answer")) {
      // What was said of the last sale's scan is no word on this one.
      document.getElementById("answer").replaceChildren();
    }
    hideRepetition();
    startCountdown();
    speak(light.dataset.spoken);
    keepReady();
  }

  // The answer to a scan and the board's word on it may be the same sentence.
  function hideRepetition() {
    const answer = document.querySelector("#answer .answer");
    for (const problem of document.querySelectorAll("#scans .answer")) {
      problem.hidden = answer !== null && answer.textContent === problem.textContent;
    }
  }

  function speak(text) {
    const spoken = document.getElementById("spoken");
    if (spoken.textContent !== text) {
      spoken.textContent = text;
    }
  }

  // ---- connection ------------------------------------------------------------------------------

  // A page that is cut off must not go on showing green, nor the sale as it was.
  function lose(text) {
    document.body.classList.add("lost");
    const light = document.querySelector(".light");
    if (!light.classList.contains("light-lost")) {
      light.className = "light light-lost";
      light.querySelector("use").setAttribute("href", "#shape-idle");
      const lead = light.querySelector(".lead");
      if (lead) {
        lead.remove();
      }
      // Whatever comes next is drawn again.
      sent.delete(document.getElementById("light"));
    }
    document.getElementById("word").textContent = text;
    speak(text);
  }

  let events;
  let silence;
  let retry;
  let isOver = false;
  let isFetching = false;
  let isStale = false;

  // One fetch at a time; news during one are fetched after it.
  async function refresh() {
    if (isFetching || isOver) {
      isStale = true;
      return;
    }
    isFetching = true;
    clearTimeout(retry);
    do {
      isStale = false;
      await look();
    } while (isStale && !isOver);
    isFetching = false;
  }

  async function look() {
    try {
      const response = await fetch("/counter/board", { cache: "no-store" });
      const html = await response.text();
      if (response.ok) {
        show(html);
        return;
      }
      isOver = response.status === 401;
      lose(reason(html));
    } catch (error) {
      lose(words.lost);
    }
    if (isOver) {
      events.close();
      clearTimeout(silence);
    } else {
      retry = setTimeout(refresh, RETRY_MS);
    }
  }

  function reason(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const answer = page.querySelector("#answer .answer");
    return answer ? answer.textContent : words.lost;
  }

  function hear() {
    clearTimeout(silence);
    silence = setTimeout(() => {
      lose(words.lost);
      events.close();
      listen();
    }, SILENCE_MS);
  }

  function listen() {
    events = new EventSource("/counter/events");
    events.addEventListener("open", () => {
      hear();
      refresh();
    });
    events.addEventListener("alive", hear);
    events.addEventListener("changed", () => {
      hear();
      refresh();
    });
    events.addEventListener("error", async () => {
      lose(words.lost);
      if (events.readyState === EventSource.CLOSED) {
        // Refused, and the browser gives up: the board says why, and whether to call again.
        await refresh();
        if (!isOver) {
          setTimeout(listen, RETRY_MS);
        }
      }
    });
  }

  // ---- entering --------------------------------------------------------------------------------

  // Scans are sent one after the other: a scanner is faster than an answer, and order matters.
  let queue = Promise.resolve();

  function send(form, body) {
    queue = queue.then(async () => {
      try {
        const response = await fetch(form.getAttribute("action"), { method: "POST", body });
        show(await response.text());
        // News may have overtaken this answer: the last word is the board's.
        refresh();
      } catch (error) {
        const answer = document.createElement("p");
        answer.className = "answer answer-bad";
        answer.textContent = words.notSent;
        document.getElementById("answer").replaceChildren(answer);
      }
    });
    return queue;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    if (form.id === "scan") {
      field.value = "";
      field.focus();
      if (body.get("code").trim() === "") {
        return;
      }
      send(form, body);
    } else {
      const button = form.querySelector("button");
      button.disabled = true;
      send(form, body).then(() => {
        button.disabled = false;
        field.focus();
      });
    }
  });

  function isTextField(element) {
    return element instanceof HTMLInputElement && element.type === "text";
  }

  function keepReady() {
    const active = document.activeElement;
    if (!active || active === document.body) {
      field.focus({ preventScroll: true });
    }
  }

  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.key === "Escape") {
      field.focus();
    } else if (event.key === "Enter" && isTextField(target) && target !== field) {
      // A scanner ends with Enter. What it types into another field must not be sent by it.
      event.preventDefault();
    } else if (
      (event.key.length === 1 || event.key === "Process") &&
      event.key !== " " &&
      !event.ctrlKey &&
      !event.altKey &&
      !event.metaKey &&
      !isTextField(target)
    ) {
      // A scanner types wherever the focus is: the first character takes it along. `Process` is a
      // character that an input method holds back.
      field.focus();
    }
  });
  document.addEventListener("click", () => setTimeout(keepReady));
  window.addEventListener("focus", keepReady);

  // ---- time left -------------------------------------------------------------------------------

  let deadline = null;

  function startCountdown() {
    const lapse = document.querySelector("[data-lapses]");
    if (!lapse) {
      deadline = null;
    } else if (!lapse.dataset.deadline) {
      deadline = performance.now() + Number(lapse.dataset.lapses) * 1000;
      lapse.dataset.deadline = String(deadline);
      tick();
    }
  }

  function tick() {
    const lapse = document.querySelector("[data-lapses]");
    if (!lapse || deadline === null) {
      return;
    }
    const left = Math.max(0, Math.ceil((deadline - performance.now()) / 1000));
    if (left === 0) {
      lapse.textContent = words.lapsed;
      deadline = null;
      return;
    }
    const minutes = Math.floor(left / 60);
    const text = `${left % 60} ${words.seconds}`;
    lapse.querySelector("strong").textContent =
      minutes > 0 ? `${minutes} ${words.minutes} ${text}` : text;
  }

  setInterval(tick, 500);
  startCountdown();
  speak(document.getElementById("light").dataset.spoken);
  keepReady();
  listen();
})();
