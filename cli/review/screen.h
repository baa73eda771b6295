#pragma once

#include <chrono>
#include <optional>

#include "cli/review/frame.h"

namespace cli::review {

// The terminal of this process, by ncurses, from construction to destruction. One at a time, and on
// one thread.
class Screen {
 public:
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  Size size() const;
  void Show(const Frame& frame);
  // Nothing if none is pressed in time, or the terminal changed its size.
  std::optional<Key> Read(std::chrono::milliseconds patience);
};

}  // namespace cli::review
