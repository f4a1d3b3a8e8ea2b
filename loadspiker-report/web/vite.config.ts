// Builds `dist/shell.html`: the page with its style, its script and the content-security policy that lets only these
// run; and `dist/runs.html`, the page that lists runs, which has no script. The crate puts title and data into them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Replaces the script and style of the bundle by one page that holds them. */
function shell(): Plugin {
  return {
    name: 'shell',
    // After the one that puts the style into the bundle.
    enforce: 'post',
    generateBundle(_, bundle) {
      let script = '';
      let style = '';
      for (const [name, file] of Object.entries(bundle)) {
        if (file.type === 'chunk') script += file.code;
        else if (name.endsWith('.css')) style += file.source.toString();
        delete bundle[name];
      }
      script = script.trim();
      style = style.trim();
      for (const [text, end] of [[script, '</script'], [script, '<!--'], [style, '</style'], [style, '<!--']]) {
        if (text.toLowerCase().includes(end)) throw new Error(`the bundle holds ${end}, which would end or hide it`);
      }
      const licences = ['preact', 'uplot']
        .map((name) => `\n${name}\n\n${readFileSync(new URL(`./node_modules/${name}/LICENSE`, import.meta.url), 'utf8').trim()}`)
        .join('\n')
        .replaceAll('--', '- -');
      const policy = [
        "default-src 'none'",
        `script-src ${sha256(script)}`,
        `style-src ${sha256(style)}`,
        'img-src data: blob:',
        "base-uri 'none'",
        "form-action 'none'",
      ].join('; ');
      const template = readFileSync(new URL('./shell.html', import.meta.url), 'utf8');
      const source = template
        .replace('%policy%', () => policy)
        .replace('%style%', () => style)
        .replace('%script%', () => script)
        .replace('%licences%', () => licences);
      this.emitFile({ type: 'asset', fileName: 'shell.html', source });
      const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
      // Without a script there is no switch: the viewer's system says which colours.
      const list = read('./src/styles/tokens.css').replace(":root[data-theme='dark'] {", '@media (prefers-color-scheme: dark) { :root {') + '}\n' + read('./src/styles/runs.css');
      const runs = read('./runs.html')
        .replace('%policy%', () => `default-src 'none'; style-src ${sha256(list)}; base-uri 'none'; form-action 'none'`)
        .replace('%style%', () => list);
      this.emitFile({ type: 'asset', fileName: 'runs.html', source: runs });
    },
  };
}

export default defineConfig({
  plugins: [shell()],
  build: {
    outDir: process.env.LOADSPIKER_DIST ?? 'dist',
    emptyOutDir: true,
    cssCodeSplit: false,
    target: 'es2022',
    modulePreload: false,
    rollupOptions: { input: 'src/main.tsx', output: { format: 'iife', name: 'loadspiker' } },
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
} as Parameters<typeof defineConfig>[0]);
