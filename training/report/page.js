// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// What moves in a report: charts with a read-out under the pointer, sliders over image grids, runs that can be hidden.
'use strict';

const data = JSON.parse(document.getElementById('data').textContent);
const hiddenRuns = new Set();
const redraws = [];  // One function per chart.
let numClips = 0;

// ---------------------------------------------------------------------------- Small helpers.

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function makeSvg(tag, attributes, text) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function formatNumber(value, digits) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(Math.max(digits - 3, 0));
  return value.toLocaleString('en-US', {maximumSignificantDigits: digits});
}

function formatAge(seconds) {
  const units = [['day', 86400], ['hour', 3600], ['minute', 60]];
  const [name, length] = units.find((unit) => seconds >= unit[1]) || units[2];
  const count = Math.floor(seconds / length);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

// ---------------------------------------------------------------------------- Axes.

// Return multiples of 1, 2 or 5 times a power of ten that lie between two numbers.
function chooseTicks(low, high, count) {
  const rough = (high - low) / count, power = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const ticks = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; ++index) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

function chooseLogTicks(low, high) {
  const decades = Math.log10(high / low), ticks = [];
  const factors = decades < 1.5 ? [1, 2, 3, 5] : decades < 4 ? [1, 3] : [1];
  const every = Math.max(Math.ceil(decades / 6), 1);
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
    if (power % every === 0) ticks.push(...factors.map((factor) => Number((factor * Math.pow(10, power)).toPrecision(6))));
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

// Return the range of an axis for numbers: from zero if that is not far, else with some room.
function chooseRange(values, isLog) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [0, 1];
  if (isLog) return low === high ? [low / 2, high * 2] : [low / 1.15, high * 1.15];
  if (low === high) return low === 0 ? [0, 1] : low > 0 ? [0, low * 1.25] : [low * 1.25, 0];
  const room = (high - low) * 0.06;
  return [low >= 0 && low < 0.7 * high ? 0 : low - room, high <= 0 && high > 0.7 * low ? 0 : high + room];
}

// Return the numbers that an axis is to show: without those of the beginning if they would squeeze all others.
function listDecisive(series, first, last) {
  const all = [], later = [];
  for (const one of series) {
    one.numbers.forEach((value, index) => {
      if (value === null) return;
      all.push(value);
      if (one.kimg[index] > first + 0.04 * (last - first)) later.push(value);
    });
  }
  const measure = (values) => chooseRange(values, false).reduce((low, high) => high - low);
  return later.length > 5 && measure(later) * 3 < measure(all) ? later : all;
}

// ---------------------------------------------------------------------------- Charts.

function listSeries(chart) {
  const labels = [...new Set(chart.series.map((series) => series.label))];
  return chart.series.filter((series) => !hiddenRuns.has(series.run)).map((series) => {
    const label = labels.indexOf(series.label), isCompared = series.run !== undefined;
    const isFloor = series.label.endsWith('_floor');
    const color = isFloor && !isCompared ? 'var(--soft)' : `var(--c${(isCompared ? series.run : label) % 8})`;
    const dash = isFloor ? '6 4' : isCompared && label ? `${2 + 3 * label} 3` : 'none';
    const own = labels.length > 1 ? series.label : isCompared ? '' : chart.title;
    const name = [isCompared ? data.runs[series.run] : '', own].filter((text) => text).join(' ');
    return {...series, name, color, dash};
  });
}

function listValues(series) {
  return [].concat(...series.map((one) => one.numbers)).filter((value) => value !== null);
}

// A logarithmic axis is offered where all numbers are positive and differ by more than a little.
function canBeLog(chart) {
  const values = listValues(chart.series);
  const low = values.reduce((a, b) => Math.min(a, b), Infinity), high = values.reduce((a, b) => Math.max(a, b), 0);
  return low > 0 && high > 4 * low && Number.isFinite(low);
}

function makeChart(panel, chart) {
  const header = make('header', {}, make('h3', {}, chart.title));
  const legend = make('div', {class: 'legend'}), plot = make('div'), tip = make('div', {class: 'tip', hidden: ''});
  panel.prepend(header, legend, plot, tip);
  let isLog = false;
  if (canBeLog(chart)) {
    const button = make('button', {'aria-pressed': 'false', title: 'logarithmic axis'}, 'log');
    button.addEventListener('click', () => {
      isLog = !isLog;
      button.setAttribute('aria-pressed', String(isLog));
      redraw();
    });
    header.append(button);
  }
  function redraw() {
    const series = listSeries(chart);
    showLegend(legend, series);
    drawPlot(plot, tip, series, isLog, chart.title);
  }
  redraws.push(redraw);
  new ResizeObserver(redraw).observe(plot);
}

function showLegend(legend, series) {
  const isCompared = series.some((one) => one.run !== undefined);
  const shown = isCompared ? series.filter((one, index) => series.findIndex((other) => other.label === one.label) === index) : series;
  legend.replaceChildren(...(shown.length > 1 ? shown : []).map((one) => {
    const key = make('span', {class: one.dash === 'none' ? 'key' : 'key dashed', style: `background: ${isCompared ? 'var(--soft)' : one.color}; border-color: ${isCompared ? 'var(--soft)' : one.color}`});
    return make('span', {}, key, one.label);
  }));
}

function drawPlot(plot, tip, series, isLog, title) {
  const width = plot.clientWidth, height = 230;
  if (!width) return;
  const kimg = [].concat(...series.map((one) => one.kimg));
  const first = 0, last = kimg.reduce((a, b) => Math.max(a, b), 1e-3);
  const [low, high] = chooseRange(isLog ? listValues(series) : listDecisive(series, first, last), isLog);
  const ticks = isLog ? chooseLogTicks(low, high) : chooseTicks(low, high, 5);
  const texts = ticks.map((tick) => formatNumber(tick, 4));
  const left = 12 + 6.4 * Math.max(...texts.map((text) => text.length), 1), right = width - 14, top = 10, bottom = height - 34;
  const placeX = (x) => left + (right - left) * (x - first) / (last - first);
  const scale = isLog ? Math.log : (y) => y;
  const placeY = (y) => bottom - (bottom - top) * (scale(y) - scale(low)) / (scale(high) - scale(low));

  const svg = makeSvg('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title});
  ticks.forEach((tick, index) => {
    const y = placeY(tick);
    svg.append(makeSvg('line', {class: 'rule', x1: left, x2: right, y1: y, y2: y}));
    svg.append(makeSvg('text', {x: left - 6, y: y + 4, 'text-anchor': 'end'}, texts[index]));
  });
  for (const tick of chooseTicks(first, last, Math.max(Math.floor(width / 90), 2))) {
    svg.append(makeSvg('text', {x: placeX(tick), y: bottom + 16, 'text-anchor': 'middle'}, formatNumber(tick, 6)));
  }
  svg.append(makeSvg('text', {x: right, y: height - 3, 'text-anchor': 'end'}, 'kimg'));
  const clip = makeSvg('clipPath', {id: `clip${++numClips}`});
  clip.append(makeSvg('rect', {x: left - 4, y: top - 4, width: right - left + 8, height: bottom - top + 8}));
  const curves = makeSvg('g', {'clip-path': `url(#clip${numClips})`});
  svg.append(clip, curves);
  for (const one of series) {
    curves.append(makeSvg('path', {d: makePath(one, placeX, placeY), style: `stroke: ${one.color}`, 'stroke-dasharray': one.dash}));
    curves.append(...makeDots(one, placeX, placeY));
  }
  const cursor = makeSvg('line', {class: 'cursor', y1: top, y2: bottom, visibility: 'hidden'});
  svg.append(cursor);
  plot.replaceChildren(svg);
  readOut(svg, cursor, tip, series, (x) => first + (x - left) / (right - left) * (last - first), placeX);
}

function makePath(one, placeX, placeY) {
  let path = '', isDown = false;
  one.numbers.forEach((value, index) => {
    if (value !== null) path += `${isDown ? 'L' : 'M'}${placeX(one.kimg[index]).toFixed(1)} ${placeY(value).toFixed(1)}`;
    isDown = value !== null;
  });
  return path;
}

// Few points are marked, and so are those without neighbours, of which no line would be seen.
function makeDots(one, placeX, placeY) {
  const isAlone = (index) => [index - 1, index + 1].every((other) => (one.numbers[other] ?? null) === null);
  const dots = [];
  one.numbers.forEach((value, index) => {
    if (value !== null && (one.numbers.length <= 40 && one.dash === 'none' || isAlone(index))) {
      dots.push(makeSvg('circle', {cx: placeX(one.kimg[index]), cy: placeY(value), r: 2.5, style: `fill: ${one.color}`}));
    }
  });
  return dots;
}

function findNearest(sorted, value) {
  let low = 0, high = sorted.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle; else high = middle;
  }
  return Math.abs(sorted[low] - value) <= Math.abs(sorted[high] - value) ? low : high;
}

function readOut(svg, cursor, tip, series, invertX, placeX) {
  const hide = () => {
    tip.hidden = true;
    cursor.setAttribute('visibility', 'hidden');
  };
  svg.addEventListener('pointerleave', hide);
  const show = (event) => {
    const x = event.clientX - svg.getBoundingClientRect().left, wanted = invertX(x);
    const there = series.filter((one) => one.kimg.length);
    if (!there.length) return;
    const nearest = there.map((one) => one.kimg[findNearest(one.kimg, wanted)]);
    const kimg = nearest.reduce((a, b) => Math.abs(b - wanted) < Math.abs(a - wanted) ? b : a);
    const rows = there.filter((one) => kimg <= one.kimg[one.kimg.length - 1] + 1e-9 && kimg >= one.kimg[0] - 1e-9).map((one) => {
      const value = one.numbers[findNearest(one.kimg, kimg)];
      const key = make('span', {class: 'key', style: `background: ${one.color}`});
      return make('tr', {}, make('td', {}, key, one.name), make('td', {}, value === null ? '–' : formatNumber(value, 5)));
    });
    cursor.setAttribute('x1', placeX(kimg));
    cursor.setAttribute('x2', placeX(kimg));
    cursor.setAttribute('visibility', 'visible');
    tip.replaceChildren(`${formatNumber(kimg, 6)} kimg`, make('table', {}, ...rows));
    tip.hidden = false;
    const panel = tip.parentNode.getBoundingClientRect(), frame = svg.getBoundingClientRect();
    const offset = frame.left - panel.left + placeX(kimg), isLeft = offset > panel.width / 2;
    tip.style.left = isLeft ? '' : `${offset + 12}px`;
    tip.style.right = isLeft ? `${panel.width - offset + 12}px` : '';
    tip.style.top = `${frame.top - panel.top + 14}px`;
  };
  svg.addEventListener('pointermove', show);
  svg.addEventListener('pointerdown', show);
}

// ---------------------------------------------------------------------------- Images.

function makeSlider(figure, grids) {
  const [slider, button, label, link] = ['input', 'button', 'b', 'a'].map((name) => figure.querySelector(name));
  const image = figure.querySelector('img');
  let timer = null;
  const show = () => {
    const grid = grids[slider.value];
    image.src = grid.src;
    label.textContent = grid.label;
    link.href = grid.file;
    slider.setAttribute('aria-valuetext', grid.label);
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = 'play';
  };
  slider.addEventListener('input', () => {
    stop();
    show();
  });
  button.addEventListener('click', () => {
    if (timer) return stop();
    if (slider.value === slider.max) slider.value = 0;
    button.textContent = 'stop';
    show();
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      show();
      if (slider.value === slider.max) stop();
    }, 250);
  });
  slider.max = grids.length - 1;
  slider.value = slider.max;
  slider.disabled = button.disabled = grids.length < 2;
  show();
}

function prepareImage(image) {
  const adapt = () => image.classList.toggle('pixels', image.naturalWidth < 600);  // Small ones are shown enlarged.
  image.addEventListener('load', adapt);
  adapt();
  image.addEventListener('click', () => image.closest('figure').classList.toggle('wide'));
}

// ---------------------------------------------------------------------------- The page.

// A run that was killed cannot tell: its page notices that there were no news for much longer than a tick takes.
function tellSilence(state) {
  const age = Date.now() / 1000 - Number(state.dataset.news);
  if (age < Number(state.dataset.patience)) return;
  state.classList.replace('training', 'silent');
  state.textContent = `no news for ${formatAge(age)}`;
  state.title = 'It may have been killed, or the page was not loaded again since.';
}

document.querySelectorAll('.chart').forEach((panel) => makeChart(panel, data.charts[panel.dataset.chart]));
document.querySelectorAll('figure[data-grids]').forEach((figure) => makeSlider(figure, data.grids[figure.dataset.grids]));
document.querySelectorAll('figure img').forEach(prepareImage);
document.querySelectorAll('.runs input').forEach((box) => box.addEventListener('change', () => {
  if (box.checked) hiddenRuns.delete(Number(box.value)); else hiddenRuns.add(Number(box.value));
  redraws.forEach((redraw) => redraw());
}));
document.querySelectorAll('button[data-copy]').forEach((button) => button.addEventListener('click', () => {
  getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
  if (document.execCommand('copy')) button.textContent = 'copied';  // The newer way is not open to files.
}));
document.querySelectorAll('.state.training').forEach(tellSilence);
