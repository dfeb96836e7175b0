// Package faults breaks Memcached, PostgreSQL and PgBouncer while caches on them
// are under load, set up as a program sets them up, by settings. It has only
// tests.
package faults
