/** uPlot within Preact: made anew where its data change, as wide as its place. */
import { useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export interface ChartProps {
  label: string; // for who does not see it
  height: number;
  options: (css: (name: string) => string) => Omit<uPlot.Options, "width" | "height">;
  data: uPlot.AlignedData;
  deps: unknown[];
}

/** Changes when the scheme does, so that colours are read again. */
const dark = matchMedia("(prefers-color-scheme: dark)");

export function Chart({ label, height, options, data, deps }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = place.current!;
    let plot: uPlot | null = null;
    const draw = () => {
      plot?.destroy();
      const style = getComputedStyle(document.documentElement);
      const css = (name: string) => style.getPropertyValue(name).trim();
      plot = new uPlot(
        { ...options(css), width: Math.max(200, element.clientWidth), height },
        data,
        element,
      );
    };
    draw();
    const observer = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (plot && width > 0 && width !== plot.width) plot.setSize({ width, height });
    });
    observer.observe(element);
    dark.addEventListener("change", draw);
    return () => {
      observer.disconnect();
      dark.removeEventListener("change", draw);
      plot?.destroy();
    };
  }, deps);
  return <div class="chart" ref={place} role="img" aria-label={label} />;
}

/** What all axes have in common. */
export function axis(css: (name: string) => string, label: string): uPlot.Axis {
  return {
    stroke: css("--muted"),
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
    label,
    labelSize: 18,
    labelGap: 2,
    gap: 4,
    grid: { stroke: css("--grid"), width: 1 },
    ticks: { stroke: css("--grid"), width: 1, size: 4 },
  };
}
