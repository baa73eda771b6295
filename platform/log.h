#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

namespace platform {

enum class LogLevel { debug, info, warn, error };

// Sends the log to standard error: as text for people, or as one JSON object a line. Call it first
// thing in main; before that, only warnings and errors are written, as text.
void InitLog(LogLevel level_min, bool json);

// Writes one line. Control characters, and bytes that are not UTF-8, are escaped (\n, \x1b), so
// that a feed can't forge a log line or reach the operator's terminal. Any thread.
void WriteLog(LogLevel level, std::string_view text);

bool IsLogged(LogLevel level);

// What WriteLog makes of untrusted text.
std::string EscapeForLog(std::string_view text);

template <class... Args>
void Debug(fmt::format_string<Args...> format, Args&&... args) {
  if (IsLogged(LogLevel::debug)) {
    WriteLog(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
  }
}

template <class... Args>
void Info(fmt::format_string<Args...> format, Args&&... args) {
  if (IsLogged(LogLevel::info)) {
    WriteLog(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
  }
}

template <class... Args>
void Warn(fmt::format_string<Args...> format, Args&&... args) {
  if (IsLogged(LogLevel::warn)) {
    WriteLog(LogLevel::warn, fmt::format(format, std::forward<Args>(args)...));
  }
}

template <class... Args>
void Error(fmt::format_string<Args...> format, Args&&... args) {
  if (IsLogged(LogLevel::error)) {
    WriteLog(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
  }
}

}  // namespace platform
