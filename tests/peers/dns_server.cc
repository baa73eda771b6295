#include "tests/peers/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "platform/file_descriptor.h"
#include "tests/peers/peers.h"

namespace peers {
namespace {

namespace fs = std::filesystem;
using platform::FileDescriptor;

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

void WriteText(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

std::string RequirePeer(const std::string& name) {
  const auto path = Find(name);
  if (!path) throw std::runtime_error("there is named, but no " + name);
  return path->string();
}

void DnsServer::Launch(std::vector<std::string> argv) {
  argv_ = std::move(argv);
  platform::ChildOptions options;
  options.output_file = folder_ / "output.log";
  auto child = platform::ChildProcess::Start(argv_, options);
  if (!child) throw std::runtime_error(child.error().detail);
  process_.emplace(std::move(*child));
  for (int attempt = 0; attempt < 600; ++attempt) {
    if (Answers()) return;
    if (!process_->Running()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  process_.reset();
  throw std::runtime_error(argv_.front() + " did not start: " + Log());
}

// Whether the port takes connections; a server opens it once it has read its zones.
bool DnsServer::Answers() const {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  const sockaddr_in address = Loopback(port_);
  return connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
         Short("ns.", "A") == "127.0.0.1\n";
}

void DnsServer::Kill() {
  if (process_) process_->Terminate(std::chrono::milliseconds(0));
  process_.reset();
}

void DnsServer::Restart() {
  Kill();
  Launch(argv_);
}

std::string DnsServer::Dig(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv{RequirePeer("dig"),    "@127.0.0.1", "-p",
                                std::to_string(port_), "+tries=1",   "+time=5"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const auto output = platform::Run(argv, {});
  return output && output->exit_code == 0 ? output->out : "";
}

std::string DnsServer::Status(const std::string& name, const std::string& type) const {
  const std::string text = Dig({name, type});
  constexpr const char* label = "status: ";
  const std::size_t at = text.find(label);
  if (at == std::string::npos) return "";
  const std::string rest = text.substr(at + std::char_traits<char>::length(label));
  return rest.substr(0, rest.find(','));
}

std::string DnsServer::Short(const std::string& name, const std::string& type) const {
  return Dig({"+short", name, type});
}

std::string DnsServer::Answer(const std::string& name, const std::string& source) const {
  std::istringstream lines(Dig({"-b", source, "+time=2", "+ignore", "+noedns", name, "A"}));
  std::string answer;
  bool in_answers = false;
  for (std::string line; std::getline(lines, line);) {
    if (const std::size_t at = line.find("status: "); at != line.npos) {
      answer = line.substr(at + 8, line.find(',', at) - at - 8);
    } else if (line.starts_with(";; flags:")) {
      if (line.substr(0, line.find(';', 2)).find(" tc") != line.npos) answer += " TC";
    } else if (line.starts_with(";; ANSWER SECTION") || line.empty()) {
      in_answers = !line.empty();
    } else if (in_answers) {
      std::istringstream fields(line);
      std::string owner, ttl, record_class, type, data;
      fields >> owner >> ttl >> record_class >> type >> data;
      answer += " " + type + " " + data;
    }
  }
  return answer;
}

DnsPrimary::DnsPrimary(std::uint16_t port, std::size_t parts) : DnsServer(port) {
  if (parts == 1) policy_zones_.emplace_back("rpz.test");
  for (std::size_t part = 0; parts > 1 && part < parts; ++part) {
    policy_zones_.push_back("p" + std::to_string(part) + ".rpz.test");
  }
  WriteText(key_file(), std::string("key \"sekisho\" {\n  algorithm hmac-sha256;\n  secret \"") +
                            key_secret + "\";\n};\n");
}

std::string DnsServer::Log() const {
  std::ostringstream text;
  for (const char* name : {"server.log", "output.log"}) {
    if (std::ifstream file{folder_ / name}) text << file.rdbuf();
  }
  return text.str();
}

}  // namespace peers
