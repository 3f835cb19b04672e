#!/usr/bin/env node
// tsc, for a build that it has done before: what TypeScript found out about files is kept, and only what an edit bears on is
// checked again. It stands before the real one on the PATH, and leaves all to that one where more is asked for than to compile a
// project, where an output may depend on more than its own source, and where there is anything to be said. Any Node can read it.
"use strict";

const { spawnSync } = require("child_process");
const { createHash } = require("crypto");
const fs = require("fs");
const path = require("path");

const ASKED = ["noEmit", "project"];

// What ties the output of a file to other files, is a state of the user's own, or writes more than outputs.
const NOT_OURS = [
  ...["composite", "declaration", "emitDecoratorMetadata", "incremental", "outFile", "tsBuildInfoFile"],
  ...["diagnostics", "explainFiles", "extendedDiagnostics", "generateCpuProfile", "generateTrace"],
  ...["listEmittedFiles", "listFiles", "listFilesOnly", "noCheck", "plugins", "traceResolution"],
];

function hash(...parts) {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

function project(ts, args) {
  const asked = ts.parseCommandLine(args);
  const plain = Object.keys(asked.options).every((name) => ASKED.includes(name));
  if (asked.errors.length || asked.fileNames.length || asked.watchOptions || !plain) return undefined;
  const place = asked.options.project || ".";
  const file = ts.sys.directoryExists(place) ? path.join(place, "tsconfig.json") : place;
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} };
  const found = ts.getParsedCommandLineOfConfigFile(file, asked.options, host);
  if (!found || found.errors.length || found.projectReferences) return undefined;
  const { options } = found;
  const alone = options.isolatedModules || options.verbatimModuleSyntax || options.noEmit;
  return alone && !NOT_OURS.some((name) => options[name]) ? found : undefined;
}

function recall(file, version) {
  try {
    const kept = JSON.parse(fs.readFileSync(file, "utf8"));
    if (kept.version === version) return kept;
  } catch {
    // None, or half of one: then all is found out anew.
  }
  return { outputs: {} };
}

function remember(file, kept) {
  const part = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(part, JSON.stringify(kept));
    fs.renameSync(part, file);
  } catch {
    fs.rmSync(part, { force: true });
  }
}

function compile(args, folder) {
  const ts = require(require.resolve("typescript", { paths: [process.cwd()] }));
  if (!(parseFloat(ts.versionMajorMinor) >= 5)) return false;
  const config = project(ts, args);
  if (!config) return false;
  const settings = JSON.stringify(config.options);
  const place = path.join(folder, hash(config.options.configFilePath, args));
  const kept = recall(place, ts.version);
  const options = { ...config.options, incremental: true, tsBuildInfoFile: place };
  const host = ts.createIncrementalCompilerHost(options);
  const { readFile } = host;
  host.readFile = (name) => (name === place ? kept.info : readFile(name));
  if (ts.JSDocParsingMode) host.jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeErrors;
  const program = ts.createIncrementalProgram({ rootNames: config.fileNames, options, host });
  for (const part of ["Syntactic", "Options", "Global", "Semantic"]) {
    if (program[`get${part}Diagnostics`]().length) return false;
  }

  const next = { version: ts.version, outputs: {} };
  const written = [];
  function key(source) {
    const listed = config.fileNames.includes(source.fileName);
    const names = listed ? ts.getOutputFileNames(config, source.fileName, !ts.sys.useCaseSensitiveFileNames) : [];
    return hash(settings, names, source.fileName, source.impliedNodeFormat, source.text);
  }
  function write(name, text, mark, _, sources) {
    if (name === place) {
      next.info = text;
      return;
    }
    const own = key(sources[0]);
    next.outputs[own] = [...(next.outputs[own] || []), [name, text, mark]];
    written.push([name, text, mark]);
  }
  function emit(source) {
    const { diagnostics, emitSkipped } = program.emit(source, write);
    return !diagnostics.length && (!emitSkipped || options.noEmit);
  }

  if (!emit()) return false;
  // TypeScript emits what an edit bears on, and the rest of the output is not there in a new container.
  for (const source of options.noEmit ? [] : program.getSourceFiles()) {
    if (source.isDeclarationFile) continue;
    const own = key(source);
    if (next.outputs[own]) continue;
    if (kept.outputs[own]) {
      next.outputs[own] = kept.outputs[own];
      written.push(...kept.outputs[own]);
    } else if (!emit(source)) return false;
  }
  for (const [name, text, mark] of written) ts.sys.writeFile(name, text, mark);
  if (next.info) remember(place, next);
  return true;
}

function real(args) {
  const folders = process.env.PATH.split(path.delimiter).filter((folder) => folder !== __dirname);
  const env = { ...process.env, PATH: folders.join(path.delimiter) };
  const { error, status } = spawnSync("tsc", args, { env, stdio: "inherit" });
  if (error) console.error(`tsc: ${error.message}`);
  process.exitCode = status === null ? 1 : status;
}

function main(args) {
  try {
    if (compile(args, process.env.TSC_KEPT)) return;
  } catch {
    // Whatever it is, the real one says it.
  }
  real(args);
}

main(process.argv.slice(2));
