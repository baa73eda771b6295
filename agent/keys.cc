#include "agent/keys.h"

#include <system_error>
#include <utility>

#include "agent/history/checkpoint.h"
#include "platform/atomic_file.h"
#include "platform/encoding.h"

namespace agent {
namespace {

using platform::SigningKey;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t key_size_max = 16 * 1024;

Result<SigningKey> MakeKey(const std::filesystem::path& file) {
  auto key = SigningKey::Generate();
  if (!key) return key;
  auto pem = key->ToPem();
  if (!pem) return tl::unexpected(pem.error());
  if (auto written = platform::WriteFileAtomically(file, *pem, 0600); !written) {
    return tl::unexpected(written.error());
  }
  return key;
}

Result<SigningKey> LoadKey(const std::filesystem::path& file, bool may_make) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    if (may_make) return MakeKey(file);
    return Fail(ErrorCode::corrupt, file.string() +
                                        " is missing, but the store is there; put the key back "
                                        "from your backup");
  }
  auto pem = platform::ReadFile(file, key_size_max);
  if (!pem) return tl::unexpected(pem.error());
  auto key = SigningKey::FromPem(*pem);
  if (!key) return Fail(key.error().code, file.string() + ": " + key.error().detail);
  return key;
}

}  // namespace

Result<Keys> LoadKeys(const std::filesystem::path& data_dir, bool has_store,
                      const std::string& history_origin) {
  auto list = LoadKey(data_dir / "list.key", !has_store);
  if (!list) return tl::unexpected(list.error());
  auto history = LoadKey(data_dir / "history.key", !has_store);
  if (!history) return tl::unexpected(history.error());
  auto verifier = history::VerifierKey::From(history_origin, history->public_key());
  if (!verifier) return tl::unexpected(verifier.error());
  auto written = platform::WriteFileAtomically(data_dir / "list.pub",
                                               platform::ToHex(list->public_key()) + "\n");
  if (!written) return tl::unexpected(written.error());
  written = platform::WriteFileAtomically(data_dir / "history.pub", verifier->ToText() + "\n");
  if (!written) return tl::unexpected(written.error());
  return Keys{std::move(*list), std::move(*history)};
}

}  // namespace agent
