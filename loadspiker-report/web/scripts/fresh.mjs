// Fails unless `dist` is what a build of the sources gives, and the lock file names no host that others cannot reach.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const fail = (message) => {
  console.error(message);
  process.exitCode = 1;
};

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
for (const [name, entry] of Object.entries(lock.packages)) {
  if (entry.resolved && !entry.resolved.startsWith('https://registry.npmjs.org/')) fail(`package-lock.json: ${name} is to come from ${entry.resolved}`);
  if (name && !entry.integrity) fail(`package-lock.json: ${name} has no checksum`);
}

const fresh = mkdtempSync(join(tmpdir(), 'loadspiker-dist-'));
try {
  execFileSync(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], { cwd: root, env: { ...process.env, LOADSPIKER_DIST: fresh }, stdio: 'inherit' });
  const [built, committed] = [readdirSync(fresh).sort(), readdirSync(join(root, 'dist')).sort()];
  if (built.join() !== committed.join()) fail(`dist has ${committed.join(', ')}; a build gives ${built.join(', ')}`);
  for (const name of built.filter((name) => committed.includes(name))) {
    if (!readFileSync(join(fresh, name)).equals(readFileSync(join(root, 'dist', name)))) fail(`dist/${name} is not what the sources give: run \`npm run build\` in loadspiker-report/web and commit it`);
  }
} finally {
  rmSync(fresh, { recursive: true });
}
if (!process.exitCode) console.log('dist is what the sources give');
