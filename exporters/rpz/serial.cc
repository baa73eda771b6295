#include "exporters/rpz/serial.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include "platform/atomic_file.h"

namespace exporters::rpz {

std::optional<std::uint32_t> SerialIn(const std::filesystem::path& zone_file) {
  std::array<char, 4096> head;
  std::ifstream file(zone_file, std::ios::binary);
  file.read(head.data(), head.size());
  std::istringstream lines(std::string(head.data(), static_cast<std::size_t>(file.gcount())));
  std::string text;
  for (std::string line; std::getline(lines, line);) text += line.substr(0, line.find(';')) + " ";
  std::istringstream words(text);
  std::string word;
  while (words >> word && word != "SOA") {
  }
  std::string server;
  std::string mailbox;
  words >> server >> mailbox >> word;
  if (word == "(") words >> word;
  std::uint32_t serial = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, serial);
  return words && error == std::errc() && stop == end ? std::optional(serial) : std::nullopt;
}

std::uint32_t SerialMemory::Last(std::uint32_t fallback) const {
  constexpr std::size_t size_max = 64;
  const auto text = platform::ReadFile(file_, size_max);
  if (!text) return fallback;
  std::uint32_t serial = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), serial);
  return error == std::errc{} && end != text->data() ? serial : fallback;
}

policy::Result<void> SerialMemory::Remember(std::uint32_t serial) const {
  return platform::WriteFileAtomically(file_, fmt::format("{}\n", serial), 0600);
}

}  // namespace exporters::rpz
