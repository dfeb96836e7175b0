// Prints what the suite makes of the results of a run, as JSON: a test whose
// dependency has failed is not judged, for example.
//
//   node judge.mjs SUITE RESULTS
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [suite, file] = process.argv.slice(2)
const load = path => import(pathToFileURL(join(resolve(suite), path)))

const { determineTestResult } = await load('lib/display.mjs')
const { default: groups } = await load('tests/index.mjs')
const { default: surrogate } = await load('tests/surrogate-control.mjs')
groups.push(surrogate)

const results = JSON.parse(readFileSync(file, 'utf8'))
const judged = []
for (const group of groups) {
  for (const { id, name, kind, browser_only: browserOnly } of group.tests) {
    if (browserOnly) continue
    const [, , verdict] = determineTestResult(groups, id, results)
    const message = Array.isArray(results[id]) ? results[id].join(': ') : ''
    judged.push({ ID: id, Group: group.id, Name: name, Kind: kind ?? 'required', Verdict: verdict, Message: message })
  }
}
console.log(JSON.stringify(judged))
