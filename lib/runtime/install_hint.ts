/** Things that set-up needs and a system's package manager provides. */
export type SystemPiece = "compiler" | "python" | "pip" | "venv";

const commands: Record<SystemPiece, { debian: string; fedora: string; macos: string }> = {
  compiler: {
    debian: "sudo apt-get install g++",
    fedora: "sudo dnf install gcc-c++",
    macos: "xcode-select --install",
  },
  python: {
    debian: "sudo apt-get install python3 python3-pip",
    fedora: "sudo dnf install python3 python3-pip",
    macos: "brew install python",
  },
  pip: {
    debian: "sudo apt-get install python3-pip",
    fedora: "sudo dnf install python3-pip",
    macos: "python3 -m ensurepip --user",
  },
  venv: {
    debian: "sudo apt-get install python3-venv",
    fedora: "sudo dnf install python3",
    macos: "brew install python",
  },
};

/** One sentence with the command that installs a piece: Debian's, Fedora's, or macOS's. */
export function installHint(piece: SystemPiece, os: string = Deno.build.os): string {
  const { debian, fedora, macos } = commands[piece];
  return os === "darwin"
    ? `Install it with \`${macos}\``
    : `Install it with \`${debian}\` (Debian, Ubuntu) or \`${fedora}\` (Fedora)`;
}
