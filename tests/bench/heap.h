#pragma once

#include <malloc.h>

#include <cstddef>

// Bytes in use on the heap, large blocks too.
inline std::size_t HeapBytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}
