#include "tests/e2e/sample.h"

#include <regex>

#include "platform/clock.h"
#include "policy/time.h"

namespace e2e {

std::string WithTimes(std::string text) {
  const auto now = platform::SystemClock().Now();
  const std::regex relative("@NOW-([0-9]+[mhd])@");
  for (std::smatch match; std::regex_search(text, match, relative);) {
    std::string time = policy::FormatTime(now - policy::ParseDuration(match[1].str()).value());
    time = time.substr(0, 10) + " " + time.substr(11, 8);
    text = match.prefix().str() + time + match.suffix().str();
  }
  return text;
}

}  // namespace e2e
