// An Express application with compression, sessions, static files and long polls:
// node app.js PORT.
'use strict'
const fs = require('node:fs')
const express = require('express')
const compression = require('compression')
const session = require('express-session')

const app = express()
app.use(compression())

fs.mkdirSync('public/folder', { recursive: true })
fs.writeFileSync('public/style.css', 'p { color: black }\n'.repeat(500))
fs.writeFileSync('public/folder/index.html', '<p>folder</p>'.repeat(500))
fs.writeFileSync('public/large.bin', Buffer.alloc(3 << 20, 'larder '))
app.use('/static', express.static('public', { maxAge: 2000 }))

const page = title => `<h1>${title}</h1>` + `<p>${title}</p>`.repeat(300)

app.get('/page/:n', (req, res) => {
  res.set('Cache-Control', 'public, max-age=2').send(page('Page ' + req.params.n))
})
app.get('/plain', (req, res) => { res.send(page('Plain')) })
app.get('/json', (req, res) => { res.json({ list: Array.from({ length: 500 }, (_, i) => i) }) })
app.get('/old', (req, res) => { res.redirect(301, '/plain') })
app.get('/stream', async (req, res) => {
  res.set('Cache-Control', 'max-age=2').type('text')
  for (let i = 0; i < 50; i++) {
    res.write(`part ${i}\n`.repeat(100))
    await new Promise(resolve => setImmediate(resolve))
  }
  res.end()
})

// Long polls: each is known, by number, until an event comes.
const waiting = { '/poll': [], '/poll-etag': [] }
for (const path of Object.keys(waiting)) {
  app.get(path, (req, res) => {
    waiting[path].push(res)
    res.on('close', () => { waiting[path] = waiting[path].filter(other => other !== res) })
  })
  app.get(path + '/waiting', (req, res) => { res.set('Cache-Control', 'no-store').send(String(waiting[path].length)) })
  app.post(path, (req, res) => {
    for (const other of waiting[path].splice(0)) {
      if (path === '/poll') other.set('Cache-Control', 'no-store')
      other.send('event')
    }
    res.send('sent')
  })
}

app.use(session({ secret: 'only for tests', resave: false, saveUninitialized: false }))
app.post('/login/:name', (req, res) => {
  req.session.name = req.params.name
  res.redirect(303, '/me')
})
app.get('/me', (req, res) => { res.send(page('User ' + (req.session.name || 'nobody'))) })
app.get('/basket', (req, res) => {
  res.set('Cache-Control', 'private, max-age=60').send(page('Basket of ' + (req.session.name || 'nobody')))
})

app.listen(Number(process.argv[2]), '127.0.0.1')
