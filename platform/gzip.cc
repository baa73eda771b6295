#include "platform/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "policy/ascii.h"

namespace platform {
namespace {

using policy::ErrorCode;
using policy::Fail;

constexpr int gzip_window_bits = MAX_WBITS + 16;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes what stands before the next `separator` off the front.
std::string_view TakePart(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = Trim(text.substr(0, end));
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return part;
}

// "0.5" in thousandths; what breaks the grammar counts as 0, that is, not acceptable.
int WeightOf(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  int weight = (text[0] - '0') * 1000;
  int scale = 100;
  for (const char c : text.substr(std::min<std::size_t>(text.size(), 2))) {
    if (!policy::IsDigit(c)) return 0;
    weight += (c - '0') * scale;
    scale /= 10;
  }
  return std::min(weight, 1000);
}

}  // namespace

policy::Result<std::string> Gzip(std::string_view bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max() / 2) {
    return Fail(ErrorCode::exhausted, "too large to compress in one piece");
  }
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window_bits, 8,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return Fail(ErrorCode::unavailable, "zlib cannot compress");
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (done != Z_STREAM_END) return Fail(ErrorCode::unavailable, "zlib cannot compress");
  return out;
}

bool PrefersGzip(std::string_view accept_encoding) {
  std::optional<int> gzip;
  std::optional<int> any;
  int identity = 0;
  while (!accept_encoding.empty()) {
    std::string_view item = TakePart(accept_encoding, ',');
    const std::string_view coding = TakePart(item, ';');
    const std::string_view parameter = Trim(item);
    int weight = 1000;
    if (policy::EqualsIgnoringCase(parameter.substr(0, 2), "q=")) {
      weight = WeightOf(parameter.substr(2));
    }
    if (policy::EqualsIgnoringCase(coding, "gzip") ||
        policy::EqualsIgnoringCase(coding, "x-gzip")) {
      gzip = weight;
    } else if (coding == "*") {
      any = weight;
    } else if (policy::EqualsIgnoringCase(coding, "identity")) {
      identity = weight;
    }
  }
  const int weight = gzip.value_or(any.value_or(0));
  return weight > 0 && weight >= identity;
}

}  // namespace platform
