import { assertEquals } from "@std/assert";
import { cacheFolder } from "../../lib/runtime/cache_folder.ts";

function on(os: typeof Deno.build.os, set: Record<string, string>): string {
  return cacheFolder({ os, home: "/home/u", environment: (name) => set[name] });
}

Deno.test("cacheFolder() follows the override, then XDG, then the system's habit", () => {
  assertEquals(on("linux", {}), "/home/u/.cache/roiseg");
  assertEquals(on("darwin", {}), "/home/u/Library/Caches/roiseg");
  assertEquals(on("linux", { XDG_CACHE_HOME: "/x" }), "/x/roiseg");
  assertEquals(on("linux", { XDG_CACHE_HOME: "" }), "/home/u/.cache/roiseg");
  assertEquals(on("darwin", { ROISEG_CACHE_DIR: "/y", XDG_CACHE_HOME: "/x" }), "/y");
});
