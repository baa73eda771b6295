#include "agent/oidc/key_set.h"

#include <cjose/cjose.h>

#include <nlohmann/json.hpp>

namespace agent::oidc {
namespace {

using nlohmann::json;
using policy::ErrorCode;
using policy::Fail;

constexpr std::size_t keys_max = 100;
constexpr std::size_t rsa_bits_min = 2048;

std::string TextOf(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// The algorithm that a key of a provider's is for; empty if it is for none of ours.
std::string AlgorithmOf(const json& key) {
  const std::string type = TextOf(key, "kty");
  const std::string curve = TextOf(key, "crv");
  const std::string own = type == "RSA" ? "RS256" : type == "EC" && curve == "P-256" ? "ES256" : "";
  const std::string use = TextOf(key, "use");
  const std::string stated = TextOf(key, "alg");
  return (use.empty() || use == "sig") && (stated.empty() || stated == own) ? own : "";
}

std::shared_ptr<const cjose_jwk_t> Import(const json& key) {
  const std::string text = key.dump(-1, ' ', false, json::error_handler_t::replace);
  cjose_err error{};
  cjose_jwk_t* imported = cjose_jwk_import(text.data(), text.size(), &error);
  if (imported == nullptr) return nullptr;
  std::shared_ptr<const cjose_jwk_t> owned(
      imported, [](const cjose_jwk_t* jwk) { cjose_jwk_release(const_cast<cjose_jwk_t*>(jwk)); });
  const bool is_weak = cjose_jwk_get_kty(imported, &error) == CJOSE_JWK_KTY_RSA &&
                       cjose_jwk_get_keysize(imported, &error) < rsa_bits_min;
  return is_weak ? nullptr : owned;
}

}  // namespace

policy::Result<KeySet> KeySet::Parse(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  const auto keys = document.is_object() ? document.find("keys") : document.end();
  if (!document.is_object() || keys == document.end() || !keys->is_array() ||
      keys->size() > keys_max) {
    return Fail(ErrorCode::malformed_input, "the provider's keys are no JWKS document");
  }
  KeySet set;
  for (const json& each : *keys) {
    if (!each.is_object()) continue;
    const std::string algorithm = AlgorithmOf(each);
    if (algorithm.empty()) continue;
    if (auto key = Import(each))
      set.keys_.push_back({algorithm, TextOf(each, "kid"), std::move(key)});
  }
  if (set.keys_.empty()) {
    return Fail(ErrorCode::malformed_input,
                "the provider has no key for RS256 (2048 bits or more) or ES256");
  }
  return set;
}

const cjose_jwk_t* KeySet::Find(std::string_view algorithm, std::string_view id) const {
  const Key* found = nullptr;
  for (const Key& each : keys_) {
    if (each.algorithm != algorithm || (!id.empty() && each.id != id)) continue;
    if (found != nullptr) return nullptr;
    found = &each;
  }
  return found == nullptr ? nullptr : found->key.get();
}

}  // namespace agent::oidc
