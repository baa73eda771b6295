#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "policy/indicator.h"

// What the formats' entry functions are made of.
namespace exporters::http_list {

// What stands for an empty list where a device knows no comments: nobody's address and name
// (RFC 5737, RFC 2606).
inline constexpr std::string_view no_address = "192.0.2.255";
inline constexpr std::string_view no_name = "empty-list.invalid";

template <class... Args>
void Append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

// The canonical text, of an address without its "/32".
std::string Value(const policy::Indicator& indicator);
void AppendValue(const policy::Indicator& indicator, std::string& out);

std::string_view WithoutScheme(const policy::Url& url);
// The value, of a URL without its scheme.
void AppendWithoutScheme(const policy::Indicator& indicator, std::string& out);

std::string LastAddress(const policy::IpPrefix& prefix);

// `value` with a backslash before each of `special`.
std::string Escaped(std::string_view value, std::string_view special);

// For between the quotes of a JSON string; a canonical text has no control characters.
std::string JsonText(std::string_view value);

// A quoted cell (RFC 4180) that no spreadsheet takes for a formula: it would take one that begins
// so, quoted or not (CWE-1236).
std::string CsvCell(std::string_view value);

}  // namespace exporters::http_list
