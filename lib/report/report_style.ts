/** The style of a report, on top of the one that all pages with figures share. */
export const reportStyle = `
html { scroll-padding-top: 1rem; }
.page { display: grid; grid-template-columns: minmax(0, 1fr); max-width: 1400px; margin: 0 auto; }
nav { padding: 1rem 1.25rem 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; margin: 0; padding: 0; list-style: none; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
main { width: 100%; max-width: none; }
@media (min-width: 1100px) {
  .page { grid-template-columns: 11.5rem minmax(0, 1fr); }
  nav { position: sticky; top: 0; align-self: start; padding: 2.4rem 0 0 1.5rem; }
  nav ul { flex-direction: column; gap: 0.45rem; }
}
h1 { overflow-wrap: anywhere; }
.verdict { font-size: 1.2rem; line-height: 1.5; max-width: 65ch; }
.facts { display: flex; flex-wrap: wrap; gap: 0.8rem 2rem; margin: 1.2rem 0 0; }
.facts dt { color: var(--faint); font-size: 0.85rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.notice {
  border-left: 4px solid #e69f00; background: var(--stripe); padding: 0.7rem 1rem;
  border-radius: 0 6px 6px 0; overflow-wrap: anywhere;
}
.figures {
  display: grid; gap: 1rem; margin: 1.2rem 0;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, var(--least)), 1fr));
}
.figures.whole { --least: 100%; }
.figures.half { --least: 27rem; }
.figures.third { --least: 19rem; }
.figures figure.figure { margin: 0; min-width: 0; }
caption { display: table-caption; padding: 0 0 0.5rem; font-weight: 600; color: var(--ink); }
table { font-size: 0.9rem; margin: 1rem 0; }
th, td { padding: 0.32rem 0.6rem; }
.tables { display: flex; flex-wrap: wrap; gap: 1.4rem 1.5rem; margin: 1.2rem 0; }
.tables > div { min-width: 0; max-width: 100%; }
.tables table { margin: 0; }
.figures figure.figure > div { min-height: 420px; }
tbody th { font-weight: 400; border-bottom-width: 1px; white-space: nowrap; }
tbody th, thead tr:first-child > :first-child { position: sticky; left: 0; background: var(--ground); }
tbody tr:nth-child(even) th { background: var(--stripe); }
td { white-space: nowrap; }
.beside-paper thead th { text-align: center; border-bottom-width: 1px; }
.beside-paper thead tr:last-child th { text-align: right; border-bottom-width: 2px; font-weight: 400; }
.beside-paper .paper { color: var(--faint); }
.beside-paper th[colspan], .beside-paper .paper, .beside-paper .both { border-left: 1px solid var(--line); }
.beside-paper .both { text-align: center; }
details { margin: 1rem 0; }
summary { cursor: pointer; color: var(--link); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
@media print {
  :root {
    color-scheme: light;
    --ground: #ffffff; --ink: #1f2328; --faint: #59636e; --line: #d1d9e0; --stripe: #f6f8fa;
    --link: #1f2328;
  }
  body { font-size: 10.5pt; }
  .page { display: block; max-width: none; }
  nav { display: none; }
  main { padding: 0; }
  .figures { grid-template-columns: minmax(0, 1fr); }
  table { display: table; width: auto; font-size: 8.5pt; }
  th, td { padding: 0.2rem 0.5rem; }
  h2, h3, h3 + p, caption { break-after: avoid; }
  .tables > div { break-inside: avoid; }
  .modebar-container { display: none; }
}
`;
