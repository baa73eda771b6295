#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "policy/indicator.h"

namespace exporters::http_list {

// How one kind of device wants its list. All is data but `entry`, and all is pure: the same list,
// the same bytes. docs/devices/http_list_formats.md says for each what it is for.
struct Format {
  std::string_view name;  // in the settings: "panos_url"

  // What it can hold. All else is left out, and counted.
  bool domains = false;
  bool ips = false;
  bool urls = false;
  bool ipv6 = true;
  bool prefixes = true;        // ranges wider than an address
  std::size_t value_max = 0;   // octets of the canonical value; 0 for no limit
  std::string_view forbidden;  // characters in a URL that would mean something else
  bool has_words = false;      // a name without a dot could be one of its own: "end"

  std::string_view head;
  std::string_view separator = "\n";  // between entries
  std::string_view tail = "\n";
  // What stands for no entries at all between head and tail. Never nothing: many clients take an
  // empty body for a broken server, or drop the list that they have.
  std::string_view nothing = "# sekisho: this list is empty";

  // Appends what blocks `indicator`, without the separator.
  void (*entry)(const policy::Indicator& indicator, std::string& out) = nullptr;
  // Lines that one entry takes of the device's limit.
  std::size_t lines_per_domain = 1;
  std::string_view content_type = "text/plain; charset=utf-8";
  bool md5_file = false;  // PATH.md5 beside it: the client fetches the list when that changes

  bool Takes(policy::IndicatorKind kind) const;
  bool Holds(const policy::Indicator& indicator) const;
};

// "text" first, which is the default.
std::span<const Format> Formats();
const Format* FindFormat(std::string_view name);  // null if there is none

}  // namespace exporters::http_list
