import { assertEquals, assertThrows } from "@std/assert";
import { Recording } from "../../lib/nn/recording.ts";

Deno.test("a recording keeps what is added while it watches, and nothing else", () => {
  const recording = new Recording<number>();
  recording.add(1);
  assertEquals(recording.isOpen, false);
  const seen = recording.during(() => {
    assertEquals(recording.isOpen, true);
    recording.add(2);
    assertEquals(recording.during(() => recording.add(3)), [3]);
    recording.add(4);
  });
  recording.add(5);
  assertEquals(seen, [2, 3, 4]);
});

Deno.test("a recording ends with an error, and what it saw is not told around it", () => {
  const recording = new Recording<string>();
  const seen = recording.during(() => {
    recording.add("before");
    assertThrows(() =>
      recording.during(() => {
        recording.add("lost");
        throw new RangeError("stop");
      }), RangeError);
    recording.add("after");
  });
  assertEquals(seen, ["before", "after"]);
  assertEquals(recording.isOpen, false);
});
