#include "exporters/http_list/settings.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "exporters/http_list/signatures.h"
#include "policy/ascii.h"

namespace exporters::http_list {
namespace {

using policy::Result;

bool IsFileName(std::string_view name) {
  const auto is_plain = [](char c) {
    return policy::IsLetter(c) || policy::IsDigit(c) || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 100 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_plain);
}

const Format* ReadFormat(const config::Node& node) {
  std::vector<std::string_view> names;
  for (const Format& format : Formats()) names.push_back(format.name);
  return &Formats()[node.AsChoice(names)];
}

Variant ReadVariant(const config::Node& node) {
  Variant variant;
  const config::Node path = node.Require("path");
  variant.path = path.AsString();
  if (path.present() && !IsFileName(variant.path)) {
    path.Fail("must be a plain file name, such as domains.txt");
  }
  if (variant.path.ends_with(".sig") || variant.path.ends_with(".minisig")) {
    path.Fail("is how the signatures of lists end (signing_key)");
  }
  for (const config::Node& kind : node.Require("kinds").AsList()) {
    // In the order of IndicatorKind.
    variant.kinds.push_back(
        static_cast<policy::IndicatorKind>(kind.AsChoice({"domain", "ip", "url"})));
  }
  variant.format = ReadFormat(node.Optional("format"));
  for (const auto kind : variant.kinds) {
    if (!variant.format->Takes(kind)) {
      node.Fail("the format " + std::string(variant.format->name) + " has no entries of kind " +
                std::string(policy::Name(kind)));
    }
  }
  variant.ipv6 = node.Optional("ipv6").AsBool(true);
  variant.prefixes = node.Optional("prefixes").AsBool(true);
  variant.bytes_max =
      static_cast<std::size_t>(node.Optional("bytes_max").AsInt(1, std::int64_t{1} << 40, 0));
  variant.entries_max =
      static_cast<std::size_t>(node.Optional("entries_max").AsInt(1, 100'000'000, 0));
  return variant;
}

std::vector<Variant> ReadVariants(const config::Node& node, const std::string& canonical_name) {
  std::vector<Variant> variants;
  std::set<std::string> taken{canonical_name, left_out_name, minisign_key_name};
  for (const config::Node& one : node.AsList()) {
    variants.push_back(ReadVariant(one));
    const Variant& variant = variants.back();
    const bool free = taken.insert(variant.path).second &&
                      (!variant.format->md5_file || taken.insert(variant.path + ".md5").second);
    if (!free) one.Fail("this path is taken already");
    if (variants.back().kinds.empty()) one.Fail("a list has at least one kind");
  }
  if (node.present() && variants.empty()) node.Fail("must have at least one list");
  return variants;
}

void ReadAccess(const config::Node& node, Settings& settings) {
  settings.anonymous = node.Optional("anonymous").AsBool(false);
  const config::Node readers = node.Optional("readers");
  for (const config::Node& one : readers.AsList()) {
    settings.readers.push_back(ReadNamedKey(one, "token"));
  }
  if (settings.anonymous == !settings.readers.empty()) {
    node.Fail("needs either readers, or anonymous: true");
  }
}

void ReadSigningKey(const config::Node& node, Settings& settings) {
  if (!node.present()) return;
  const auto pem = platform::LoadPem(node.AsPath());
  if (!pem) return node.Fail(pem.error().detail);
  auto key = platform::SigningKey::FromPem(*pem);
  if (!key) {
    return node.Fail(key.error().detail + "; make one with: openssl genpkey -algorithm ed25519");
  }
  settings.signing_key = std::move(*key);
}

void ReadReadBack(const config::Node& node, Settings& settings) {
  if (!node.present()) return;
  const config::Node url = node.Require("url");
  settings.read_back_url = url.AsString();
  while (settings.read_back_url.ends_with('/')) settings.read_back_url.pop_back();
  if (url.present() && !settings.read_back_url.starts_with("http")) {
    url.Fail("must be a URL, such as https://lists.example:8443");
  }
  settings.read_back_ca = node.Optional("ca").AsPath();
}

}  // namespace

Result<Settings> ReadSettings(const config::Node& node, const std::string& canonical_name) {
  Settings settings;
  settings.listen = ReadListenSettings(node);
  settings.lists = ReadVariants(node.Require("lists"), canonical_name);
  ReadAccess(node, settings);
  ReadSigningKey(node.Optional("signing_key"), settings);
  settings.retry_after = node.Optional("retry_after").AsDuration(std::chrono::seconds(30));
  ReadReadBack(node.Optional("read_back"), settings);
  if (auto ok = node.Finish(); !ok) return tl::unexpected(std::move(ok.error()));
  return settings;
}

}  // namespace exporters::http_list
