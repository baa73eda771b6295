#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// How a source writes its times, as its configuration says it: "iso" (what policy::ParseTime
// takes), "unix" and "unix-ms" (seconds and milliseconds since 1970), or a pattern of strptime(3)
// with %Y %y %m %d %e %b %B %H %I %M %S %p %T %F %R %z %%: "%d/%m/%Y %H:%M". Names are English;
// without %z it is UTC.
class TimeFormat {
 public:
  static policy::Result<TimeFormat> Parse(std::string_view text);

  // None if `text` is not wholly of this form, or no such day exists. Years 1900 to 9999.
  std::optional<policy::TimePoint> Read(std::string_view text) const;

 private:
  enum class Form : std::uint8_t { iso, unix_seconds, unix_milliseconds, pattern };
  TimeFormat(Form form, std::string pattern) : form_(form), pattern_(std::move(pattern)) {}

  Form form_;
  std::string pattern_;
};

}  // namespace agent::feeds
