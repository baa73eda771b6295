#include "exporters/http_list/settings.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "platform/atomic_file.h"
#include "platform/tls.h"
#include "policy/ascii.h"
#include "policy/ip_prefix.h"

namespace exporters::http_list {
namespace {

using policy::Result;

constexpr std::size_t token_size_min = 16;

bool IsFileName(std::string_view name) {
  const auto is_plain = [](char c) {
    return policy::IsLetter(c) || policy::IsDigit(c) || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 100 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_plain);
}

bool IsLoopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
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
  std::set<std::string> taken{canonical_name, left_out_name};
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

void ReadTokenFile(const config::Node& node, Reader& reader) {
  auto token = platform::ReadFile(node.AsPath(), 4096);
  if (!token) return node.Fail(token.error().detail);
  while (!token->empty() && (token->back() == '\n' || token->back() == '\r')) token->pop_back();
  if (token->size() < token_size_min) {
    return node.Fail("the token in it must have at least " + std::to_string(token_size_min) +
                     " characters; make one with: openssl rand -hex 32");
  }
  reader.token_sha256 = policy::Sha256Of(*token);
}

Reader ReadReader(const config::Node& node) {
  Reader reader{node.Require("name").AsString(), {}};
  const config::Node hash = node.Optional("token_sha256");
  const config::Node file = node.Optional("token_file");
  if (hash.present() == file.present()) {
    node.Fail("needs either token_file or token_sha256");
  } else if (file.present()) {
    ReadTokenFile(file, reader);
  } else if (const auto digest = policy::ParseSha256(hash.AsString())) {
    reader.token_sha256 = *digest;
  } else {
    hash.Fail(digest.error().detail);
  }
  return reader;
}

void ReadAccess(const config::Node& node, Settings& settings) {
  settings.anonymous = node.Optional("anonymous").AsBool(false);
  const config::Node readers = node.Optional("readers");
  for (const config::Node& one : readers.AsList()) settings.readers.push_back(ReadReader(one));
  if (settings.anonymous == !settings.readers.empty()) {
    node.Fail("needs either readers, or anonymous: true");
  }
}

void ReadTls(const config::Node& node, Settings& settings) {
  const config::Node tls = node.Optional("tls");
  const bool plain = node.Optional("allow_plain_http").AsBool(false);
  if (tls.present()) {
    settings.tls = TlsFiles{tls.Require("certificate").AsPath(), tls.Require("key").AsPath()};
  } else if (!plain && !IsLoopback(settings.address)) {
    node.Fail("needs tls, or allow_plain_http: true, for an address that others can reach");
  }
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
  const config::Node address = node.Optional("address");
  settings.address = address.AsString("127.0.0.1");
  const auto parsed = policy::IpPrefix::Parse(settings.address);
  if (!parsed || !parsed->is_address()) address.Fail("must be an IP address");
  settings.port = static_cast<std::uint16_t>(node.Require("port").AsInt(0, 65535));
  ReadTls(node, settings);
  settings.lists = ReadVariants(node.Require("lists"), canonical_name);
  ReadAccess(node, settings);
  settings.retry_after = node.Optional("retry_after").AsDuration(std::chrono::seconds(30));
  ReadReadBack(node.Optional("read_back"), settings);
  if (auto ok = node.Finish(); !ok) return tl::unexpected(std::move(ok.error()));
  return settings;
}

Result<platform::HttpServer::Tls> LoadTls(const TlsFiles& files) {
  auto certificate = platform::LoadPem(files.certificate);
  if (!certificate) return tl::unexpected(std::move(certificate.error()));
  auto key = platform::LoadPem(files.key);
  if (!key) return tl::unexpected(std::move(key.error()));
  return platform::HttpServer::Tls{std::move(*certificate), std::move(*key), {}, false};
}

}  // namespace exporters::http_list
