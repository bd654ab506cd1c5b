// A real Chromium for what looks at the page of the report.
import { chromium } from "playwright-core";

/** With its profile in this folder. Whoever asks for it closes it. */
export function chromiumIn(profile) {
  return chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM,
    headless: true,
    acceptDownloads: true,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
