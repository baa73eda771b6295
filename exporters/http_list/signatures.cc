#include "exporters/http_list/signatures.h"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "platform/encoding.h"

// minisign's format: https://jedisct1.github.io/minisign/, "Signature format".
namespace exporters::http_list {
namespace {

using platform::SigningKey;
using policy::Result;

std::string Blake2b512(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_blake2b512(), nullptr);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

// Eight bytes by which minisign tells keys apart: any will do, as long as they stay.
std::string KeyId(const SigningKey& key) {
  const policy::Sha256 digest = policy::Sha256Of(key.public_key());
  return {reinterpret_cast<const char*>(digest.data()), 8};
}

std::string PublicKeyFile(const SigningKey& key) {
  return "untrusted comment: minisign public key of these lists\n" +
         platform::ToBase64("Ed" + KeyId(key) + key.public_key()) + "\n";
}

Result<std::string> Minisignature(const SigningKey& key, const ArtifactFile& file,
                                  const policy::Sha256& list) {
  const auto signature = key.Sign(Blake2b512(file.bytes));
  if (!signature) return signature;
  const std::string trusted = "file:" + file.name + "\tlist:" + policy::ToHex(list);
  const auto of_both = key.Sign(*signature + trusted);
  if (!of_both) return of_both;
  return "untrusted comment: signature of " + file.name + "\n" +
         platform::ToBase64("ED" + KeyId(key) + *signature) + "\ntrusted comment: " + trusted +
         "\n" + platform::ToBase64(*of_both) + "\n";
}

}  // namespace

Result<void> AddSignatures(const SigningKey& key, const policy::Sha256& list, Artifact& artifact) {
  std::vector<ArtifactFile> signatures;
  for (const ArtifactFile& file : artifact.files) {
    auto plain = key.Sign(file.bytes);
    if (!plain) return tl::unexpected(plain.error());
    auto mini = Minisignature(key, file, list);
    if (!mini) return tl::unexpected(mini.error());
    signatures.push_back({file.name + ".sig", std::move(*plain)});
    signatures.push_back({file.name + ".minisig", std::move(*mini)});
  }
  signatures.push_back({minisign_key_name, PublicKeyFile(key)});
  for (ArtifactFile& file : signatures) artifact.files.push_back(std::move(file));
  return {};
}

}  // namespace exporters::http_list
