// Builds app/web/static from src/ and the locked packages: hashed names, each file gzipped, and a manifest that says
// which sources it belongs to. `npm ci && npm run build`; nothing here reaches the network.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const OUT = join(HERE, "../app/web/static");
const SOURCES = ["package.json", "package-lock.json", "build.mjs", "src"];
const WORKERS = {
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
  graphql: "monaco-graphql/esm/graphql.worker.js",
};
const COMMON = {
  absWorkingDir: HERE,
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  outdir: OUT,
  target: ["chrome110", "firefox115", "safari16.4"],
  legalComments: "none", // licences.txt holds them all
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
};
// GraphiQL formats variables with the whole of Babel; they are JSON.
const LIGHT_JSONC = {
  name: "light-jsonc",
  setup(of) {
    of.onLoad({ filter: /@graphiql[\\/]react[\\/]dist[\\/]utility[\\/]jsonc\.js$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const light = source
        .replace(/async function formatJSONC[\s\S]*?\n}\n/, "")
        .replace(/^/, 'import { formatJSONC } from "oms-jsonc";\n');
      if (light.includes("prettier")) throw new Error("GraphiQL formats variables in another way now: see LIGHT_JSONC");
      return { contents: light, loader: "js" };
    });
    of.onResolve({ filter: /^oms-jsonc$/ }, () => ({ path: join(HERE, "src/jsonc.js") }));
  },
};

const workers = await build({
  ...COMMON,
  entryPoints: Object.entries(WORKERS).map(([name, module]) => ({ in: module, out: `${name}.worker` })),
  format: "iife",
  entryNames: "[name]-[hash]",
});
const workerNames = Object.fromEntries(
  workers.outputFiles.map(({ path }) => [basename(path).split(".")[0], `./${basename(path)}`]),
);
const pages = await build({
  ...COMMON,
  entryPoints: ["src/graphiql.jsx", "src/docs.js"],
  format: "esm",
  splitting: true,
  jsx: "automatic",
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".ttf": "file" },
  define: { ...COMMON.define, __WORKERS__: JSON.stringify(workerNames) },
  // Prettier's parser by its old name has no named exports once bundled, and is in the plugin anyway.
  alias: { "prettier/parser-graphql": "prettier/plugins/graphql" },
  plugins: [LIGHT_JSONC],
});

// esbuild also writes the styles of what is imported late, which no page asks for: the entry's own file holds them all.
const isLoaded = ({ path }) => !/[\\/]chunk-[^\\/]+\.css$/.test(path);
const favicon = readFileSync(join(HERE, "src/favicon.svg"));
const files = [
  ...[...workers.outputFiles, ...pages.outputFiles.filter(isLoaded)].map(({ path, contents }) => [basename(path), contents]),
  [`favicon-${sha256(favicon).slice(0, 8).toUpperCase()}.svg`, favicon],
  ["licences.txt", Buffer.from(licences([workers.metafile, pages.metafile]))],
].sort(([a], [b]) => (a < b ? -1 : 1));

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
for (const [name, contents] of files) writeFileSync(join(OUT, `${name}.gz`), gzipSync(contents, { level: 9 }));
writeFileSync(join(OUT, "manifest.json"), `${JSON.stringify(manifest(files), null, 2)}\n`);
report(files);

function manifest(built) {
  const entry = (stem, suffix) => built.map(([name]) => name).find((name) => name.startsWith(`${stem}-`) && name.endsWith(suffix));
  return {
    sources: digestOfSources(),
    pages: {
      graphiql: { script: entry("graphiql", ".js"), style: entry("graphiql", ".css") },
      docs: { script: entry("docs", ".js"), style: entry("docs", ".css") },
    },
    favicon: entry("favicon", ".svg"),
    files: Object.fromEntries(built.map(([name, contents]) => [name, sha256(contents)])),
  };
}

// One digest over "path, NUL, digest, newline" of every source, in the order of the paths' bytes.
function digestOfSources() {
  const paths = SOURCES.flatMap((source) => walk(join(HERE, source)))
    .map((path) => relative(HERE, path).split(sep).join("/"))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const lines = paths.map((path) => `${path}\0${sha256(readFileSync(join(HERE, path)))}\n`);
  return sha256(lines.join(""));
}

function walk(path) {
  try {
    return readdirSync(path).flatMap((name) => walk(join(path, name)));
  } catch (error) {
    if (error.code !== "ENOTDIR") throw error;
    return [path];
  }
}

function licences(metafiles) {
  const modules = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const names = new Set(modules.map(packageOf).filter(Boolean));
  const parts = [...names].sort().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(HERE, path, "package.json"), "utf8"));
    const texts = readdirSync(join(HERE, path)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
    const bodies = texts.map((file) => readFileSync(join(HERE, path, file), "utf8").trim());
    return [`${name} ${version} (${license})`, ...bodies].join("\n\n");
  });
  return `${["What the pages of this service are built from.", ...parts].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

function packageOf(module) {
  const path = module.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];
  return path && existsSync(join(HERE, path, "package.json")) ? path : null;
}

function sha256(contents) {
  return createHash("sha256").update(contents).digest("hex");
}

function report(built) {
  for (const [name, contents] of built) {
    const small = gzipSync(contents, { level: 9 }).length;
    console.log(`${name.padEnd(34)} ${String(contents.length).padStart(9)} ${String(small).padStart(9)}`);
  }
}
