#include "platform/zstd.h"

#include <zstd.h>

namespace platform {
namespace {

// The library's own default; a list at a higher one is hardly smaller.
constexpr int level = 3;

}  // namespace

policy::Result<std::string> Zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0) {
    return policy::Fail(policy::ErrorCode::unavailable,
                        std::string("zstd cannot compress: ") + ZSTD_getErrorName(size));
  }
  out.resize(size);
  return out;
}

}  // namespace platform
