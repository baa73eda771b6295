#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "exporters/squid/request_list.h"
#include "policy/url.h"
#include "tests/fuzz/require.h"

namespace {

using exporters::squid::RequestList;

bool Blocks(const std::string& line, std::string_view request) {
  const std::string file = RequestList::Write(*policy::ListSnapshot::FromLines({line}));
  const auto list = RequestList::Read(file);
  Require(list.has_value(), "what was written can be read");
  return list->Blocks(request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto list = RequestList::Read(text)) list->Blocks(text);
  const bool by_other_url = Blocks("url http://never-asked.test/", text);
  const auto url = policy::Url::Parse(text);
  if (!url) return 0;
  Require(Blocks("url " + url->text(), text), "a listed URL is blocked in any spelling");
  Require(!by_other_url || url->text() == "http://never-asked.test/", "no other URL is");
  const auto* domain = std::get_if<policy::Domain>(&url->host());
  if (domain == nullptr || exporters::squid::IsBelowInvalid(domain->name())) return 0;
  Require(Blocks("domain " + domain->name(), text), "a listed name is blocked in any spelling");
  return 0;
}
