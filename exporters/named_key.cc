#include "exporters/named_key.h"

#include <cstddef>

#include "platform/atomic_file.h"
#include "platform/encoding.h"

namespace exporters {
namespace {

constexpr std::size_t secret_size_min = 16;

void ReadSecret(const config::Node& node, const std::string& word, NamedKey& key) {
  auto secret = platform::ReadFile(node.AsPath(), 4096);
  if (!secret) return node.Fail(secret.error().detail);
  while (!secret->empty() && (secret->back() == '\n' || secret->back() == '\r')) secret->pop_back();
  if (secret->size() < secret_size_min) {
    return node.Fail("the " + word + " in it must have at least " +
                     std::to_string(secret_size_min) +
                     " characters; make one with: openssl rand -hex 32");
  }
  key.sha256 = policy::Sha256Of(*secret);
}

}  // namespace

NamedKey ReadNamedKey(const config::Node& node, const std::string& word) {
  NamedKey key{node.Require("name").AsString(), {}};
  const config::Node hash = node.Optional(word + "_sha256");
  const config::Node file = node.Optional(word + "_file");
  if (hash.present() == file.present()) {
    node.Fail("needs either " + word + "_file or " + word + "_sha256");
  } else if (file.present()) {
    ReadSecret(file, word, key);
  } else if (const auto digest = policy::ParseSha256(hash.AsString())) {
    key.sha256 = *digest;
  } else {
    hash.Fail(digest.error().detail);
  }
  return key;
}

const NamedKey* FindKey(std::span<const NamedKey> keys, std::string_view secret) {
  const std::string given = policy::ToHex(policy::Sha256Of(secret));
  const NamedKey* found = nullptr;
  for (const NamedKey& key : keys) {
    if (platform::EqualInConstantTime(given, policy::ToHex(key.sha256))) found = &key;
  }
  return found;
}

}  // namespace exporters
