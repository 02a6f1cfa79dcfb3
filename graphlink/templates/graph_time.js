"use strict";
// The window of time, and what happened in it.

const STEPS = 240;
const stamps = accountTimes.flat().concat(edges.flatMap(({ first, last }) => [first, last])).filter(Number.isFinite);
const begin = stamps.reduce((a, b) => Math.min(a, b), Infinity);
const end = stamps.reduce((a, b) => Math.max(a, b), -Infinity);
const instant = (step) => begin + ((end - begin) * step) / STEPS;

const step = (seconds) => Math.min(STEPS - 1, Math.floor(((seconds - begin) / (end - begin)) * STEPS));
const DAY = 86_400;

// What was done on each day, or, where that is not told, how many accounts were in use.
const activity = () => (told.days.length ? events() : inUse());
function events() {
  const bars = new Array(STEPS).fill(0);
  for (const [day, done] of told.days) {
    // The first day and the last may reach beyond what is shown; a day is shared out over the steps it covers.
    const [from, to] = [day, day + DAY].map((at) => Math.max(0, Math.min(STEPS, ((at - begin) / (end - begin)) * STEPS)));
    for (let i = Math.floor(from); i < to; i++) bars[i] += (done * (Math.min(to, i + 1) - Math.max(from, i))) / (to - from);
  }
  return bars;
}
function inUse() {
  const bars = new Array(STEPS).fill(0);
  // How many accounts are between their first and last event: rises and falls added up, then summed.
  for (const [first, last] of accountTimes) {
    if (!Number.isFinite(first)) continue;
    bars[step(first)] += 1;
    if (step(last) + 1 < STEPS) bars[step(last) + 1] -= 1;
  }
  for (let i = 1; i < STEPS; i++) bars[i] += bars[i - 1];
  return bars;
}
function drawActivity() {
  const canvas = byId("activity");
  const sharp = window.devicePixelRatio;
  canvas.width = canvas.clientWidth * sharp;
  canvas.height = canvas.clientHeight * sharp;
  const ctx = canvas.getContext("2d");
  const bars = activity();
  const most = Math.max(...bars, 1);
  const wide = canvas.width / STEPS;
  bars.forEach((value, i) => {
    const on = i >= byId("from").value && i < byId("to").value;
    ctx.fillStyle = on ? accent : line;
    ctx.globalAlpha = on ? 0.55 : 0.25;
    const high = (value / most) * canvas.height;
    const left = Math.round(i * wide);
    ctx.fillRect(left, canvas.height - high, Math.round((i + 1) * wide) - left, high);
  });
}
function slide() {
  const from = Math.min(byId("from").value, byId("to").value);
  const to = Math.max(byId("from").value, byId("to").value);
  state.from = from > 0 ? instant(from) : -Infinity;
  state.to = to < STEPS ? instant(to) : Infinity;
  byId("window").textContent = `${minute(instant(from))} to ${minute(instant(to))}`;
  byId("bars").textContent = told.days.length ? "bars: events a day" : "bars: accounts in use";
  drawActivity();
  filter();
}
let running = 0;
function play() {
  clearInterval(running);
  if (running) {
    running = 0;
  } else {
    const wide = Math.min(STEPS / 2, Math.max(12, byId("to").value - byId("from").value));
    let at = 0;
    running = setInterval(() => {
      byId("from").value = at;
      byId("to").value = at + wide;
      slide();
      at += 2;
      if (at + wide > STEPS) play();
    }, 90);
  }
  byId("play").textContent = running ? "Stop" : "Play";
}
