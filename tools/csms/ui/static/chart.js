// How does the chart of a charge follow it? Loaded thinned from the API, grown by "sample" events,
// loaded again when it has become long.
const LINES = [
  { key: "power_w", label: "Power", unit: "kW", divide: 1000, digits: 2, color: "--brand", show: true },
  { key: "current_a", label: "Current", unit: "A", divide: 1, digits: 1, color: "--blue", show: true },
  { key: "soc", label: "Battery", unit: "%", divide: 1, digits: 1, color: "--amber", show: true },
  { key: "energy_wh", label: "Energy", unit: "kWh", divide: 1000, digits: 3, color: "--red", show: true },
  { key: "voltage_v", label: "Voltage", unit: "V", divide: 1, digits: 1, color: "--muted", show: false },
];
const LONGEST = 1500;
const HEIGHT = 300;

// The colour a CSS variable stands for now: a canvas cannot resolve light-dark() itself.
function color(name) {
  const probe = document.createElement("i");
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function axis(scale, side, label, grid, font) {
  return { scale, side, label, labelSize: 18, labelGap: 0, size: 46, stroke: color("--muted"), font, labelFont: font,
    grid: { show: grid, stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line"), size: 4 } };
}

function options(width, shown) {
  const font = "12px system-ui, sans-serif";
  const axes = [{ stroke: color("--muted"), font, grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line"), size: 4 } },
    axis("kW", 3, "kW", true, font), axis("%", 1, "battery %", false, font)];
  if (width > 620) axes.push(axis("A", 3, "A", false, font), axis("kWh", 1, "kWh", false, font));
  return {
    width, height: HEIGHT, axes, cursor: { points: { size: 7 } },
    scales: { x: { time: true }, "%": { range: [0, 100] }, kW: { range: fromZero }, A: { range: fromZero },
      kWh: { range: fromZero }, V: { range: fromZero } },
    series: [{ label: "Time" }, ...LINES.map((line, index) => ({
      label: line.label, scale: line.unit, stroke: color(line.color), width: 2, spanGaps: true, show: shown[index],
      points: { show: false }, value: (plot, v) => reading(line, v ?? plot?.data[index + 1].findLast((item) => item != null)),
      fill: line.key === "power_w" ? color("--brand-soft") : undefined }))],
  };
}

// Under the cursor, else the newest.
const reading = (line, value) => (value == null ? "–" : `${value.toFixed(line.digits)} ${line.unit}`);
const fromZero = (_, low, high) => [Math.min(0, low ?? 0), Math.max(1e-3, (high ?? 1) * 1.08)];

// Energy is drawn from the start of the charge, not as the register's reading.
function columns(data) {
  const zero = data.meterStart ?? (data.energy_wh ?? []).find((value) => value != null) ?? 0;
  return [data.time, ...LINES.map((line) => (data[line.key] ?? data.time.map(() => null)).map((value) =>
    (value == null ? null : (value - (line.key === "energy_wh" ? zero : 0)) / line.divide)))];
}

export function startChart(box, title) {
  let charge = box.dataset.charge;
  let data = { time: [] };
  let plot = null;

  function draw() {
    if (data.time.length === 0) return;
    const shown = plot ? plot.series.slice(1).map((item) => item.show) : LINES.map((line) => line.show);
    plot?.destroy();
    box.replaceChildren();
    plot = new uPlot(options(box.clientWidth, shown), columns(data), box);
  }

  async function load(number) {
    charge = String(number);
    title.textContent = `Chart of transaction ${charge}`;
    const answer = await fetch(`/api/transactions/${charge}/series`);
    if (!answer.ok) return;
    data = await answer.json();
    if (data.time.length) draw();
    else { plot?.destroy(); plot = null; box.innerHTML = '<p class="empty muted">No meter value yet.</p>'; }
  }

  function take(point) {
    if (String(point.transaction) !== charge) {
      if (!("pinned" in box.dataset)) load(point.transaction);
      return;
    }
    const last = data.time.at(-1) ?? 0;
    if (point.time <= last) return;
    data.time.push(point.time);
    for (const { key } of LINES) {
      data[key] ??= Array(data.time.length - 1).fill(null);
      data[key].push(point[key] ?? null);
    }
    if (data.time.length > LONGEST) load(charge);
    else if (plot) plot.setData(columns(data));
    else draw();
  }

  box.addEventListener("htmx:sseBeforeMessage", (event) => {
    event.preventDefault();
    take(JSON.parse(event.detail.data));
  });
  new ResizeObserver(() => { if (plot && Math.abs(plot.width - box.clientWidth) > 2) draw(); }).observe(box);
  document.addEventListener("theme", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  if (charge) load(charge);
}
