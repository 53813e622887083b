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

  function remember(root) {
    sent.set(root, root.outerHTML);
    for (const part of root.querySelectorAll("[data-part], [data-merge], [data-merge] > *")) {
      sent.set(part, part.outerHTML);
    }
  }

  for (const part of document.querySelectorAll("[data-part]")) {
    remember(part);
  }

  // ---- parts -----------------------------------------------------------------------------------

  // The form whose answer is being shown: it may be replaced although it is open.
  let answered = null;

  function isInUse(part) {
    return part.hasAttribute("data-panel") && part.open && part.id !== answered;
  }

  function swap(old, fresh) {
    const html = fresh.outerHTML;
    if (fresh.hasAttribute("data-kept")) {
      // A live region has to stay where it is to be read out.
      old.replaceChildren(...fresh.childNodes);
    } else if (sent.get(old) === html || isInUse(old)) {
      return;
    } else if (fresh.hasAttribute("data-merge")) {
      merge(old, fresh);
      sent.set(old, html);
    } else {
      remember(fresh);
      old.replaceWith(fresh);
    }
  }

  // Swaps child by child, so that a form somebody fills in survives the news of another one.
  function merge(old, fresh) {
    for (const attribute of Array.from(fresh.attributes)) {
      old.setAttribute(attribute.name, attribute.value);
    }
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
        remember(child);
        old.insertBefore(child, before ? before.nextElementSibling : old.firstElementChild);
      }
      const placed = Array.from(old.children).find((other) => other.id === child.id);
      const due = before ? before.nextElementSibling : old.firstElementChild;
      if (placed !== due && !placed.contains(document.activeElement)) {
        old.insertBefore(placed, due);
      }
      before = placed;
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
    makeReady();
    hideRepetition();
    startCountdown();
    speak(light.dataset.spoken);
    keepReady();
  }

  // The script opens panels by their numbers itself; a browser that did so, too, would close them.
  function makeReady() {
    for (const keyed of document.querySelectorAll("[accesskey]")) {
      keyed.setAttribute("aria-keyshortcuts", `Alt+${keyed.getAttribute("accesskey")}`);
      keyed.removeAttribute("accesskey");
    }
    for (const camera of document.querySelectorAll("[data-camera]")) {
      camera.querySelector("[data-camera-start]").hidden = !navigator.mediaDevices;
    }
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
    losses += 1;
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

  // A board that was asked for before the connection broke is no sign that it holds.
  let losses = 0;
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
    const known = losses;
    try {
      const response = await fetch("/counter/board", { cache: "no-store" });
      const html = await response.text();
      if (response.ok && known !== losses) {
        isStale = true;
        return;
      }
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

  async function post(form, body) {
    try {
      const response = await fetch(form.getAttribute("action"), { method: "POST", body });
      const html = await response.text();
      for (const pin of form.querySelectorAll("input[type=password]")) {
        pin.value = "";
      }
      if (form.hasAttribute("data-quick")) {
        take(form, html);
      } else {
        show(html);
      }
      // News may have overtaken this answer: the last word is the board's.
      refresh();
    } catch (error) {
      say("bad", words.notSent);
    }
  }

  function send(form, body) {
    if (form.dataset.waiting) {
      // A customer looks for a card: what is scanned meanwhile does not wait for it.
      say("wait", form.dataset.waiting);
      return post(form, body);
    }
    queue = queue.then(() => post(form, body));
    return queue;
  }

  function say(kind, text) {
    const answer = document.createElement("p");
    answer.className = `answer answer-${kind}`;
    answer.textContent = text;
    document.getElementById("answer").replaceChildren(answer);
  }

  // The answer to a panel's form. A mistake is shown in the form as it stands, so that what was
  // typed and the pictures that were taken stay; only a PIN is typed anew.
  function take(form, html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const panel = form.closest("[data-panel]");
    const problem = page.querySelector("[data-problem]");
    for (const known of form.querySelectorAll("[data-problem]")) {
      known.remove();
    }
    if (problem) {
      form.prepend(document.importNode(problem, true));
      show(html);
      focusOn(form, problem.dataset.problem);
      return;
    }
    const isWhole = page.getElementById("light") !== null;
    answered = isWhole && panel ? panel.id : null;
    if (isWhole && panel) {
      panel.open = false;
      for (const done of panel.querySelectorAll("form")) {
        done.reset();
      }
    }
    show(html);
    answered = null;
    field.focus();
  }

  const FIELDS = "input:not([type=hidden]), select, button:not([hidden])";

  function focusOn(form, name) {
    const named = name ? form.querySelector(`[name="${name}"]`) : null;
    const pin = form.querySelector("input[type=password]");
    const wrong = named || pin || form.querySelector(FIELDS);
    wrong.focus();
    if (wrong.select) {
      wrong.select();
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    event.preventDefault();
    const data = new FormData(form);
    if (event.submitter && event.submitter.name) {
      data.append(event.submitter.name, event.submitter.value);
    }
    if (form.id === "scan") {
      const code = field.value.trim();
      field.value = "";
      field.focus();
      if (/^\d{1,2}$/.test(code) && openByKey(code)) {
        // No trace code is that short: somebody typed the number of a panel.
        return;
      }
      if (code !== "") {
        send(form, new URLSearchParams(data));
      }
      return;
    }
    const button = event.submitter || form.querySelector("button");
    button.disabled = true;
    const isUpload = form.enctype === "multipart/form-data";
    send(form, isUpload ? data : new URLSearchParams(data)).then(() => {
      button.disabled = false;
      if (!form.hasAttribute("data-quick")) {
        field.focus();
      }
    });
  });

  // ---- panels ----------------------------------------------------------------------------------

  function openByKey(key) {
    const keyed = document.querySelector(`[data-key="${Number(key)}"]`);
    if (!keyed) {
      return false;
    }
    const panel = keyed.closest("[data-panel]");
    if (panel) {
      panel.open = true;
      enter(panel);
    } else {
      keyed.click();
    }
    return true;
  }

  function enter(panel) {
    const forms = panel.querySelector(".forms");
    const first = forms.querySelector(FIELDS) || forms.querySelector("a[href]");
    panel.scrollIntoView({ block: "nearest" });
    if (first) {
      first.focus();
      if (isTextField(first) && first.select) {
        // What an earlier try left is typed over, not typed on.
        first.select();
      }
    } else {
      field.focus({ preventScroll: true });
    }
  }

  // `toggle` does not bubble.
  document.addEventListener(
    "toggle",
    (event) => {
      const panel = event.target;
      if (!(panel instanceof HTMLElement) || !panel.hasAttribute("data-panel")) {
        return;
      }
      if (panel.open) {
        for (const other of document.querySelectorAll("[data-panel][open]")) {
          if (other !== panel) {
            other.open = false;
          }
        }
        if (!panel.querySelector(".forms").contains(document.activeElement)) {
          enter(panel);
        }
      } else {
        stopCameras(panel);
        // What the server sent while it was open is fetched again.
        refresh();
      }
    },
    true,
  );

  // Does it take characters?
  function isTextField(element) {
    return (
      element instanceof HTMLSelectElement ||
      (element instanceof HTMLInputElement &&
        ["text", "password"].includes(element.type))
    );
  }

  function keepReady() {
    const active = document.activeElement;
    if (!active || active === document.body) {
      field.focus({ preventScroll: true });
    }
  }

  function isSentByEnter(target) {
    return (
      target.form &&
      target.form.hasAttribute("data-quick") &&
      (isTextField(target) || ["radio", "checkbox"].includes(target.type))
    );
  }

  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.isComposing) {
      return;
    }
    if (event.altKey && /^[0-9]$/.test(event.key) && openByKey(event.key)) {
      event.preventDefault();
    } else if (event.key === "Escape") {
      const panel = target.closest && target.closest("[data-panel]");
      if (panel) {
        panel.open = false;
      }
      field.focus();
    } else if (event.key === "Enter" && isSentByEnter(target)) {
      event.preventDefault();
      target.form.requestSubmit(target.form.querySelector(".buttons button"));
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

  // ---- camera ----------------------------------------------------------------------------------

  // The picture of the camera becomes a file of the form, as if it had been picked.
  async function startCamera(box) {
    const video = box.querySelector("video");
    try {
      const wanted = { width: { ideal: 1920 }, facingMode: "environment" };
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted });
      video.hidden = false;
      await video.play();
      const take = box.querySelector("[data-camera-take]");
      take.hidden = false;
      take.focus();
    } catch (error) {
      const taken = box.querySelector(".taken");
      taken.textContent = taken.dataset.none;
    }
  }

  function takePicture(box) {
    const video = box.querySelector("video");
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob(
      (blob) => {
        const input = box.querySelector("input[type=file]");
        const files = new DataTransfer();
        for (const file of input.files) {
          files.items.add(file);
        }
        if (blob && input.files.length < Number(box.dataset.most)) {
          const name = `${input.files.length + 1}.jpg`;
          files.items.add(new File([blob], name, { type: "image/jpeg" }));
          input.files = files.files;
          canvas.className = "thumb";
          box.append(canvas);
        }
        const taken = box.querySelector(".taken");
        taken.textContent = `${taken.dataset.taken} ${input.files.length}`;
      },
      "image/jpeg",
      0.85,
    );
  }

  function stopCameras(panel) {
    for (const video of panel.querySelectorAll("video")) {
      if (video.srcObject) {
        for (const track of video.srcObject.getTracks()) {
          track.stop();
        }
        video.srcObject = null;
        video.hidden = true;
      }
    }
  }

  document.addEventListener("click", (event) => {
    const box = event.target.closest && event.target.closest("[data-camera]");
    if (box && event.target.matches("[data-camera-start]")) {
      startCamera(box);
    } else if (box && event.target.matches("[data-camera-take]")) {
      takePicture(box);
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
  makeReady();
  startCountdown();
  speak(document.getElementById("light").dataset.spoken);
  keepReady();
  listen();
})();
