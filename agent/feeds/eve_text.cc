#include "agent/feeds/eve_text.h"

#include <algorithm>
#include <optional>

namespace agent::feeds {
namespace {

using namespace std::string_view_literals;

// NULs too: a writer that does not append leaves a hole where a log was truncated under it.
constexpr std::string_view kBetweenLines = " \t\r\n\0"sv;
constexpr std::string_view kBetweenElements = " \t\r\n\0[],"sv;

// The size of the object that `text` starts with; none if it does not end.
std::optional<std::size_t> ObjectSize(std::string_view text) {
  std::size_t depth = 0;
  bool is_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_string) {
      if (c == '\\') ++i;
      if (c == '"') is_string = false;
    } else if (c == '"') {
      is_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return std::nullopt;
}

class Taker {
 public:
  Taker(std::string_view bytes, bool is_final, EveScan& scan, const EveSink& sink)
      : bytes_(bytes), is_final_(is_final), scan_(scan), sink_(sink) {}

  std::size_t Run() {
    while (Skip() && TakeOne()) {
    }
    return at_;
  }

 private:
  // Goes to where the next event starts. False if the bytes end before.
  bool Skip() {
    if (scan_.is_skipping) {
      const std::size_t end = bytes_.find('\n', at_);
      at_ = end == std::string_view::npos ? bytes_.size() : end;
      if (at_ == bytes_.size()) return false;
      scan_.is_skipping = false;
    }
    SkipOver(kBetweenLines);
    if (at_ == bytes_.size()) return false;
    if (scan_.form == EveScan::Form::unknown) {
      scan_.form = bytes_[at_] == '[' ? EveScan::Form::array : EveScan::Form::lines;
    }
    if (scan_.form == EveScan::Form::array) SkipOver(kBetweenElements);
    return at_ < bytes_.size();
  }

  void SkipOver(std::string_view what) {
    at_ = std::min(bytes_.find_first_not_of(what, at_), bytes_.size());
  }

  // False if there is no whole one.
  bool TakeOne() {
    const std::string_view rest = bytes_.substr(at_);
    if (scan_.form == EveScan::Form::array && !rest.starts_with('{')) {
      return Fault("no JSON object");
    }
    const auto size = scan_.form == EveScan::Form::array
                          ? ObjectSize(rest.substr(0, eve_event_size_max + 1))
                          : LineSize(rest);
    if (size && *size <= eve_event_size_max) {
      const std::string_view event = rest.substr(0, *size);
      at_ += *size;
      if (event.find('\0') == std::string_view::npos) {
        sink_.event(event);
      } else {
        sink_.fault("NUL byte");
      }
      return true;
    }
    if (size || rest.size() > eve_event_size_max) return Fault("longer than 1 MiB");
    if (!is_final_) return false;
    return Fault("cut off at the end of the file");
  }

  std::optional<std::size_t> LineSize(std::string_view rest) const {
    const std::size_t end = rest.find('\n');
    if (end != std::string_view::npos) return end;
    return is_final_ ? std::optional(rest.size()) : std::nullopt;
  }

  bool Fault(std::string_view reason) {
    sink_.fault(reason);
    scan_.is_skipping = true;
    return true;
  }

  const std::string_view bytes_;
  const bool is_final_;
  EveScan& scan_;
  const EveSink& sink_;
  std::size_t at_ = 0;
};

}  // namespace

std::size_t TakeEveText(std::string_view bytes, bool is_final, EveScan& scan, const EveSink& sink) {
  return Taker(bytes, is_final, scan, sink).Run();
}

}  // namespace agent::feeds
