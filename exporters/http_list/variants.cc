#include "exporters/http_list/variants.h"

#include <algorithm>
#include <variant>

namespace exporters::http_list {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Indicator;
using policy::Result;

std::string ValueOf(const Indicator& indicator) {
  const auto* prefix = std::get_if<policy::IpPrefix>(&indicator);
  return prefix != nullptr && prefix->is_address() ? prefix->AddressString()
                                                   : policy::TextOf(indicator);
}

bool Takes(const Variant& variant, policy::IndicatorKind kind) {
  return std::find(variant.kinds.begin(), variant.kinds.end(), kind) != variant.kinds.end();
}

}  // namespace

Result<Artifact> RenderVariants(const policy::ListSnapshot& list,
                                const std::vector<Variant>& variants,
                                const std::string& canonical_name) {
  Artifact artifact;
  for (const Variant& variant : variants) artifact.files.push_back({variant.path, {}});
  std::vector<std::size_t> entries(variants.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto indicator = policy::ParseLine(list.line(i));
    if (!indicator) {
      return Fail(indicator.error().code,
                  "line " + std::to_string(i + 1) + " of the list: " + indicator.error().detail);
    }
    if (policy::LineOf(*indicator) != list.line(i)) {
      return Fail(ErrorCode::malformed_input,
                  "line " + std::to_string(i + 1) + " of the list is not in canonical form");
    }
    const std::string value = ValueOf(*indicator);
    bool taken = false;
    for (std::size_t v = 0; v < variants.size(); ++v) {
      if (!Takes(variants[v], policy::KindOf(*indicator))) continue;
      taken = true;
      ++entries[v];
      (artifact.files[v].bytes += value) += '\n';
    }
    ++(taken ? artifact.enforced : artifact.not_enforceable);
  }
  for (std::size_t v = 0; v < variants.size(); ++v) {
    if (variants[v].entries_max != 0 && entries[v] > variants[v].entries_max) {
      return Fail(ErrorCode::exhausted,
                  variants[v].path + " would have " + std::to_string(entries[v]) +
                      " entries, and its clients take " + std::to_string(variants[v].entries_max) +
                      " (entries_max); give the device a smaller list");
    }
    if (entries[v] == 0) artifact.files[v].bytes = empty_list_text;
  }
  artifact.files.push_back({canonical_name, list.text()});
  return artifact;
}

}  // namespace exporters::http_list
