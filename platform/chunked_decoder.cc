#include "platform/chunked_decoder.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace platform {
namespace {

using Problem = ChunkedDecoder::Problem;

constexpr std::size_t kLineSizeMax = 1024;

bool HasControl(std::string_view line) {
  return std::ranges::any_of(line, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7F;
  });
}

// nullopt for anything but hexadecimal digits that fit.
std::optional<std::uint64_t> ParseSize(std::string_view digits) {
  std::uint64_t size = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, size, 16);
  if (error != std::errc() || stop != end || digits.starts_with('-')) return std::nullopt;
  return size;
}

}  // namespace

std::optional<Problem> ChunkedDecoder::TakeSize(std::string_view line, std::size_t body_size) {
  const auto size = ParseSize(line.substr(0, line.find(';')));
  if (!size || HasControl(line)) return Problem::malformed;
  if (*size > body_size_max_ - body_size) return Problem::body_too_large;
  left_ = *size;
  phase_ = left_ == 0 ? Phase::trailer : Phase::data;
  return std::nullopt;
}

std::optional<Problem> ChunkedDecoder::TakeLine(std::string_view line, std::size_t body_size) {
  switch (phase_) {
    case Phase::size: return TakeSize(line, body_size);
    case Phase::data_end:
      if (!line.empty()) return Problem::malformed;
      phase_ = Phase::size;
      return std::nullopt;
    case Phase::trailer:
      if (line.empty()) {
        phase_ = Phase::done;
        return std::nullopt;
      }
      trailer_size_ += line.size();
      if (trailer_size_ > trailer_size_max_) return Problem::line_too_long;
      return HasControl(line) || line.find(':') == std::string_view::npos
                 ? std::optional(Problem::malformed)
                 : std::nullopt;
    case Phase::data:
    case Phase::done: break;
  }
  return std::nullopt;
}

std::optional<Problem> ChunkedDecoder::Feed(std::string& pending, std::string& body) {
  std::size_t used = 0;
  std::optional<Problem> problem;
  while (phase_ != Phase::done && !problem) {
    const std::string_view rest = std::string_view(pending).substr(used);
    if (phase_ == Phase::data) {
      const std::size_t count = std::min(left_, rest.size());
      body.append(rest.substr(0, count));
      used += count;
      left_ -= count;
      if (left_ > 0) break;
      phase_ = Phase::data_end;
      continue;
    }
    const std::size_t line_feed = rest.find('\n');
    if (std::min(line_feed, rest.size()) > kLineSizeMax) {
      problem = Problem::line_too_long;
    } else if (line_feed == std::string_view::npos) {
      // The chunk's data goes on past its size: no need to wait for a line to end.
      if (phase_ == Phase::data_end && !rest.empty() && rest != "\r") problem = Problem::malformed;
      break;
    } else if (line_feed == 0 || rest[line_feed - 1] != '\r') {
      problem = Problem::malformed;
    } else {
      problem = TakeLine(rest.substr(0, line_feed - 1), body.size());
      used += line_feed + 1;
    }
  }
  pending.erase(0, used);
  return problem;
}

}  // namespace platform
