#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "agent/feeds/json_rows.h"
#include "tests/fuzz/require.h"

namespace {

using nlohmann::json;

class Recorder final : public agent::feeds::JsonSink {
 public:
  void Row(std::size_t number, std::string_view /*key*/, const json& row) override {
    rows.push_back(row);
    Require(number == rows.size(), "rows are counted from 1");
  }
  void Broken(std::size_t /*number*/, std::string_view /*reason*/) override {
    rows.emplace_back();
    has_broken = true;
  }
  bool full() const override { return false; }

  std::vector<json> rows;
  bool has_broken = false;
};

void ReadAt(std::string_view text, const std::string& pointer, bool are_grouped) {
  Recorder recorder;
  const agent::feeds::JsonRowsAt at{*agent::feeds::ParseJsonPointer(pointer), are_grouped};
  const auto read = agent::feeds::ReadJsonRows(text, at, recorder);
  const json document = json::parse(text, nullptr, false);
  Require(!read || !document.is_discarded(), "what is read is JSON");
  // Of an object with a name twice, the document has only one.
  if (!read || are_grouped || recorder.has_broken || !document.is_array()) return;
  const json* const found = agent::feeds::FindInJson(document, at.path);
  if (found == nullptr || !found->is_array() || pointer.size() > 2) return;
  Require(json(recorder.rows) == *found, "row by row is the same as at once");
}

}  // namespace

// Reading row by row gives what reading at once does.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* pointer : {"", "/0", "/a", "/a/0"}) {
    ReadAt(text, pointer, false);
    ReadAt(text, pointer, true);
  }
  return 0;
}
