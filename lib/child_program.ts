/**
 * Parts of this program that run in a process of their own.
 *
 * @module
 */

/** A program and its arguments. */
export interface ChildProgram {
  /** Path of the program. */
  command: string;
  /** Its arguments. */
  args: string[];
}

/** A part of this program that can run by itself. */
export interface ProgramPart {
  /** Subcommand of the compiled binary that runs it. */
  subcommand: string;
  /** URL of the script that runs it. */
  script: string;
  /** What Deno lets the script do, as `--allow-…`; the compiled binary may do what it was made with. */
  permissions: readonly string[];
}

/** How a part is run: by the compiled binary itself, or else by Deno, which then asks nobody and downloads nothing. */
export function ownProgram({ subcommand, script, permissions }: ProgramPart): ChildProgram {
  const command = Deno.execPath();
  if (Deno.build.standalone) return { command, args: [subcommand] };
  const args = ["run", "--quiet", "--cached-only", "--no-prompt", ...permissions, script];
  return { command, args };
}

/** Options for {@linkcode spawnProgram}. */
export interface SpawnOptions {
  /** All variables that it is given. */
  env: Record<string, string>;
  /** The directory that it runs in; that of this process by default. */
  cwd?: string;
}

/**
 * Starts a program, its input and output piped, and what it says of errors dropped.
 *
 * @throws What the system says, if it cannot be started
 */
export function spawnProgram(
  { command, args }: ChildProgram,
  options: SpawnOptions,
): Deno.ChildProcess {
  return new Deno.Command(command, {
    ...options,
    args,
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}
