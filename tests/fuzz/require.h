#pragma once

#include <cstdio>
#include <cstdlib>

// Stops the fuzz target when `holds` is false: a property that has to hold for every input is
// broken.
inline void Require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "broken property: %s\n", property);
  std::abort();
}
