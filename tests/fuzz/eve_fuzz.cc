#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/feeds/eve_alert.h"
#include "agent/feeds/eve_text.h"
#include "tests/fuzz/require.h"

namespace {

struct Taken {
  std::string text;  // all that the sink got
  std::size_t done = 0;
};

// In two pieces, cut at `cut`.
Taken TakeCut(std::string_view text, std::size_t cut) {
  Taken taken;
  const agent::feeds::EveSink sink{
      .event =
          [&](std::string_view event) {
            taken.text.append(event) += '\n';
            const auto alert = agent::feeds::ReadEveEvent(event, {});
            if (!alert || !*alert) return;
            const auto& indicators = (*alert)->indicators;
            Require(std::is_sorted(indicators.begin(), indicators.end()), "indicators are sorted");
          },
      .fault = [&](std::string_view reason) { taken.text.append(reason) += '\n'; }};
  agent::feeds::EveScan scan;
  taken.done = TakeEveText(text.substr(0, cut), false, scan, sink);
  Require(taken.done <= cut, "no more is taken than there is");
  taken.done += TakeEveText(text.substr(taken.done), true, scan, sink);
  return taken;
}

}  // namespace

// Reads the input as a Suricata log; how it is cut makes no difference.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Taken whole = TakeCut(text, text.size());
  const Taken cut = TakeCut(text, std::min<std::size_t>(data[0], text.size()));
  Require(whole.done == text.size() && cut.done == text.size(), "all of it is taken");
  Require(whole.text == cut.text, "cuts make no difference");
  return 0;
}
