# cmake -D INPUT=file -D FUNCTION=name -D OUTPUT=file.cpp -P embed.cmake
# Writes a source file whose function lockstep::data::FUNCTION() returns the text of INPUT.

file(READ "${INPUT}" text)
string(FIND "${text}" ")embedded\"" end)
if(NOT end EQUAL -1)
  message(FATAL_ERROR "${INPUT} holds the text that ends a raw string literal")
endif()
file(WRITE "${OUTPUT}" "// Generated from ${INPUT}; change that file instead.

#include \"data/${FUNCTION}.h\"

namespace lockstep::data {

std::string_view ${FUNCTION}() {
  return R\"embedded(${text})embedded\";
}

}  // namespace lockstep::data
")
