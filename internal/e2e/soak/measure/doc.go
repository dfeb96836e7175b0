// Package measure has what a soak counts and watches: how long operations take
// and how they end, when a backend is well, and whether the process grows.
package measure
