#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace agent::feeds {

// Longest event that is looked at; with a payload in it one may have hundreds of KiB.
inline constexpr std::size_t eve_event_size_max = 1024 * 1024;

// Where in a file the reader is, besides its offset.
struct EveScan {
  enum class Form : std::uint8_t { unknown, lines, array };
  Form form = Form::unknown;  // by the file's first byte
  bool is_skipping = false;   // the rest of a line whose start was no good
};

struct EveSink {
  std::function<void(std::string_view event)> event;
  std::function<void(std::string_view reason)> fault;  // a literal
};

// Takes the events off `bytes`: one JSON object a line, as Suricata writes them, or a JSON array of
// them, as tools export them. Returns how many bytes it is done with; the rest is the beginning of
// an event, to be given again with what follows. With `is_final` nothing follows. What is no event
// is a fault, and reading goes on at the next line. How the text is cut makes no difference, but
// for an event that is too long.
std::size_t TakeEveText(std::string_view bytes, bool is_final, EveScan& scan, const EveSink& sink);

}  // namespace agent::feeds
