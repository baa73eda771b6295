#include "exporters/http_list/format_text.h"

#include <variant>

namespace exporters::http_list {

using policy::Indicator;
using policy::IpPrefix;
using policy::Url;

std::string Value(const Indicator& indicator) {
  const auto* prefix = std::get_if<IpPrefix>(&indicator);
  return prefix != nullptr && prefix->is_address() ? prefix->AddressString()
                                                   : policy::TextOf(indicator);
}

void AppendValue(const Indicator& indicator, std::string& out) {
  out += Value(indicator);
}

std::string_view WithoutScheme(const Url& url) {
  return std::string_view(url.text()).substr(url.scheme().size() + std::string_view("://").size());
}

void AppendWithoutScheme(const Indicator& indicator, std::string& out) {
  const auto* url = std::get_if<Url>(&indicator);
  url != nullptr ? out += WithoutScheme(*url) : out += Value(indicator);
}

std::string LastAddress(const IpPrefix& prefix) {
  return IpPrefix::From(prefix.family(), prefix.last(), prefix.length_max())->AddressString();
}

std::string Escaped(std::string_view value, std::string_view special) {
  std::string text;
  for (const char c : value) {
    if (special.find(c) != special.npos) text += '\\';
    text += c;
  }
  return text;
}

std::string JsonText(std::string_view value) {
  return Escaped(value, "\\\"");
}

std::string CsvCell(std::string_view value) {
  std::string cell = "\"";
  if (value.find_first_of("=+-@\t\r") == 0) cell += '\'';
  for (const char c : value) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

}  // namespace exporters::http_list
