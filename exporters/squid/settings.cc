#include "exporters/squid/settings.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace exporters::squid {
namespace {

// Paths and names stand unquoted in squid.conf.
bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-").find(c) != std::string_view::npos;
  });
}

std::filesystem::path PlainPath(const config::Node& node, std::filesystem::path fallback = {}) {
  std::filesystem::path path = node.AsPath(std::move(fallback));
  // Squid changes its folder at start: a relative path would end it at the next reconfigure.
  if (node.present() && (!path.is_absolute() || !IsPlain(path.native()))) {
    node.Fail("must be an absolute path of letters, digits, '.', '_', '-' and '/'");
  }
  return path;
}

bool IsNumericAddress(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> buffer{};
  return inet_pton(AF_INET, text.c_str(), buffer.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), buffer.data()) == 1;
}

// "127.0.0.1:3128" or "[::1]:3128".
void ReadProxy(const config::Node& node, Settings& settings) {
  const std::string text = node.AsString("127.0.0.1:3128");
  const auto colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const bool ok = colon != std::string::npos &&
                  std::from_chars(text.data() + colon + 1, end, port).ptr == end && port != 0 &&
                  IsNumericAddress(host);
  if (!ok) node.Fail("must be an address and port like 127.0.0.1:3128 or [::1]:3128");
  settings.proxy_host = host;
  settings.proxy_port = port;
}

std::string PlainName(const config::Node& node, std::string fallback) {
  std::string name = node.AsString(std::move(fallback));
  if (!IsPlain(name) || name.find('/') != std::string::npos) {
    node.Fail("must consist of letters, digits, '.', '_' and '-'");
  }
  return name;
}

}  // namespace

policy::Result<Settings> ReadSettings(const config::Node& node) {
  Settings settings;
  settings.squid = PlainPath(node.Optional("squid"), "/usr/sbin/squid");
  settings.config = PlainPath(node.Optional("config"), "/etc/squid/squid.conf");
  settings.service_name = PlainName(node.Optional("service_name"), "");
  settings.directory = PlainPath(node.Require("directory"));
  settings.helper = PlainPath(node.Optional("helper"), "/usr/lib/sekisho/sekisho-squid-acl");
  ReadProxy(node.Optional("proxy"), settings);
  settings.names_in = node.Optional("names_in").AsChoice({"squid", "helper"}) == 0
                          ? NamesIn::squid
                          : NamesIn::helper;
  settings.without_list = node.Optional("without_list").AsChoice({"let_through", "block"}) == 0
                              ? WithoutList::let_through
                              : WithoutList::block;
  settings.tls_inspection = node.Optional("tls_inspection").AsBool(false);
  settings.error_page = PlainName(node.Optional("error_page"), "ERR_SEKISHO_BLOCKED");
  settings.samples = static_cast<std::size_t>(node.Optional("samples").AsInt(1, 1000, 8));
  settings.scratch_include = PlainPath(node.Optional("scratch_include"));
  settings.check_timeout = node.Optional("check_timeout").AsDuration(std::chrono::minutes(2));
  settings.reconfigure_timeout =
      node.Optional("reconfigure_timeout").AsDuration(std::chrono::minutes(2));
  settings.probe_timeout = node.Optional("probe_timeout").AsDuration(std::chrono::seconds(5));
  if (auto ok = node.Finish(); !ok) return tl::unexpected(ok.error());
  return settings;
}

}  // namespace exporters::squid
