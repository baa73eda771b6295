#include "platform/gzip.h"

#include <zlib.h>

#include <array>
#include <limits>

#include "platform/accept_encoding.h"

namespace platform {
namespace {

using policy::ErrorCode;
using policy::Fail;

constexpr int gzip_window_bits = MAX_WBITS + 16;

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
  constexpr std::array<std::string_view, 1> gzip{"gzip"};
  return !ChooseCoding(accept_encoding, gzip).empty();
}

}  // namespace platform
