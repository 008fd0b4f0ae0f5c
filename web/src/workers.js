// Monaco's workers, from our own origin; the build names their files. The import of this module comes before Monaco's.
const WORKERS = __WORKERS__;

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(new URL(WORKERS[label] ?? WORKERS.editor, import.meta.url), { name: label }),
};
