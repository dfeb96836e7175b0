// Package benchmarks has the testing.B benchmarks of larder beside its rivals,
// which count allocations and are for benchstat. Its module is apart so that
// the rivals stay out of the graphs of those who use larder:
//
//   - paired is the harness that compares: contestants take turns in short
//     blocks of random order, and only ratios within one round count;
//   - rivals are other caches for data behind one interface, pages are caches
//     for responses;
//   - targets are the promises about speed, each as something measured;
//   - report makes the table, the page and its plots;
//   - guards count instructions, which do not flake, for continuous integration;
//   - cmd/bench runs the targets, cmd/soak a mixed load for minutes.
//
// From the root of the repository, `make bench` and `make bench-quick` run them.
package benchmarks
