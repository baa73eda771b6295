#include "platform/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace platform {
namespace {

constexpr std::string_view kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
// WriteLog makes the text a JSON string of its own, quotes included.
constexpr std::string_view kJsonPattern =
    R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","text":%v})";

struct Sink {
  std::shared_ptr<spdlog::logger> logger;
  bool json;
};

std::shared_ptr<const Sink> MakeSink(LogLevel level_min, bool json);

// spdlog keeps its loggers in a registry of its own; this one pointer is all the state of ours.
std::shared_ptr<const Sink>& CurrentSink() {
  static std::shared_ptr<const Sink> sink = MakeSink(LogLevel::warn, false);
  return sink;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::shared_ptr<const Sink> MakeSink(LogLevel level_min, bool json) {
  auto logger = std::make_shared<spdlog::logger>("sekisho",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(ToSpdlog(level_min));
  logger->set_pattern(std::string(json ? kJsonPattern : kTextPattern),
                      spdlog::pattern_time_type::utc);
  logger->flush_on(spdlog::level::debug);
  return std::make_shared<const Sink>(Sink{std::move(logger), json});
}

// Length of the well-formed UTF-8 sequence at `text` (RFC 3629), or 0.
std::size_t Utf8Length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) > 0x8F;
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

// Code points that hide or reorder what a reader sees: C1 controls, U+2028 and U+2029, and the
// bidirectional controls ("Trojan Source", CVE-2021-42574).
bool IsDeceptive(std::string_view sequence) {
  if (sequence.size() == 2) {
    return sequence[0] == '\xC2' && static_cast<unsigned char>(sequence[1]) < 0xA0;
  }
  if (sequence.size() != 3 || sequence[0] != '\xE2') return false;
  const auto second = static_cast<unsigned char>(sequence[1]);
  const auto third = static_cast<unsigned char>(sequence[2]);
  return (second == 0x80 && third >= 0xA8 && third <= 0xAE) ||
         (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

void AppendEscaped(std::string& out, std::string_view bytes) {
  for (const char c : bytes) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
}

std::string ToJsonString(std::string_view escaped) {
  std::string out = "\"";
  for (const char c : escaped) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string EscapeForLog(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = Utf8Length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    const auto first = static_cast<unsigned char>(sequence[0]);
    if (first == '\n') {
      out += "\\n";
    } else if (first == '\t') {
      out += "\\t";
    } else if (length == 0 || first < 0x20 || first == 0x7F || IsDeceptive(sequence)) {
      AppendEscaped(out, sequence);
    } else {
      out += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return out;
}

void InitLog(LogLevel level_min, bool json) {
  std::atomic_store(&CurrentSink(), MakeSink(level_min, json));
}

bool IsLogged(LogLevel level) {
  return std::atomic_load(&CurrentSink())->logger->should_log(ToSpdlog(level));
}

void WriteLog(LogLevel level, std::string_view text) {
  const std::shared_ptr<const Sink> sink = std::atomic_load(&CurrentSink());
  const std::string escaped = EscapeForLog(text);
  const std::string line = sink->json ? ToJsonString(escaped) : escaped;
  sink->logger->log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace platform
