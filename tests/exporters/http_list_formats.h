#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporters/http_list/formats.h"
#include "exporters/http_list/variants.h"

// Lists in one format, as the exporter renders them.
namespace exporters::http_list {

inline const std::vector<std::string> mixed{"domain evil.example",
                                            "domain xn--bcher-kva.example",
                                            "ip 192.0.2.1/32",
                                            "ip 198.51.100.0/24",
                                            "ip 2001:db8::/32",
                                            "url http://a.example/x?y=1,2",
                                            "url https://192.0.2.9:8443/"};

inline const Format& FormatOf(std::string_view name) {
  const Format* format = FindFormat(name);
  if (format == nullptr) throw std::runtime_error("no format " + std::string(name));
  return *format;
}

inline Variant All(const Format& format) {
  Variant variant{"list.txt", {}, 0, &format};
  for (const auto kind :
       {policy::IndicatorKind::domain, policy::IndicatorKind::ip, policy::IndicatorKind::url}) {
    if (format.Takes(kind)) variant.kinds.push_back(kind);
  }
  return variant;
}

inline Artifact Render(const Variant& variant, std::vector<std::string> lines) {
  return RenderVariants(*policy::ListSnapshot::FromLines(std::move(lines)), {variant}, "c.txt")
      .value();
}

inline std::string BytesOf(std::string_view format, std::vector<std::string> lines) {
  return Render(All(FormatOf(format)), std::move(lines)).files.front().bytes;
}

}  // namespace exporters::http_list
