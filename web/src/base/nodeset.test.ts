import { describe, expect, it } from 'vitest';
import { expand, fold, has, NodesetError } from './nodeset';

const groups = (name: string) => ({ gpu: ['g1', 'g2'] })[name];

describe('expand', () => {
  it.each([
    ['one name', 'node7', ['node7']],
    ['zeros in front', 'node[008-011]', ['node008', 'node009', 'node010', 'node011']],
    ['several dimensions', 'n[1-2,4]x[0-1]', ['n1x0', 'n1x1', 'n2x0', 'n2x1', 'n4x0', 'n4x1']],
    ['steps', 'n[0-10/5]', ['n0', 'n5', 'n10']],
    ['a list', 'a,b c', ['a', 'b', 'c']],
    ['difference', 'n[1-4]!n[2-3]', ['n1', 'n4']],
    ['intersection', 'n[1-4]&n[3-9]', ['n3', 'n4']],
    ['one or the other', 'n[1-3]^n[2-4]', ['n1', 'n4']],
    ['a group', '@gpu,g9', ['g1', 'g2', 'g9']],
    ['nothing', '', []],
  ])('%s', (_, text, names) => {
    expect([...expand(text, groups)]).toEqual(names);
  });

  it.each([
    ['an open bracket', 'node[1-3'],
    ['a closed bracket', 'node1]'],
    ['backwards', 'node[3-1]'],
    ['more digits than are exact', 'n[9007199254740992-9007199254740994]'],
    ['far too many in parts', 'a[1-100000],'.repeat(11)],
    ['no numbers', 'node[a-b]'],
    ['far too many', 'node[1-99999999]'],
    ['a group that is not there', '@none'],
  ])('refuses %s', (_, text) => {
    expect(() => expand(text, groups)).toThrow(NodesetError);
  });
});

describe('has', () => {
  it.each([
    ['node7'],
    ['node[008-011]'],
    ['node[8-11]'],
    ['n[1-2,4]x[0-1]'],
    ['n[1-2][0-9]'],
    ['n[1-12][2-3]5'],
    ['n[0-10/5]'],
    ['a,b c'],
    ['node[9-11],x,n[007]'],
    ['n[00-02]'],
    ['n[1-4]!n[2-3]'],
    ['n[1-4]&n[3-9]'],
    ['n[1-3]^n[2-4]'],
    ['@gpu,g9'],
    [''],
  ])('says of "%s" what expand does', (text) => {
    const names = ['a', 'b', 'c', 'ab', 'x', 'n', 'n1x', 'node', 'g1', 'g9', 'n007', 'n7', ''];
    for (let i = 0; i < 130; ++i) names.push(`n${i}`, `node${i}`, `n0${i}`, `node0${i}`);
    for (let i = 0; i < 5; ++i) names.push(`n${i}x0`, `n${i}x1`, `n${i}x2`, `n${i}x01`, `n1${i}35`);
    names.push('node008', 'node011', 'node012', 'node0011');
    const all = expand(text, groups);
    expect(names.filter((name) => has(text, name, groups))).toEqual(
      names.filter((name) => all.has(name)),
    );
  });
  it.each([['node1]'], ['n1,node[3-1]'], ['n1,n[1-3'], ['node[a-b]'], ['@none']])(
    'refuses "%s"',
    (text) => expect(() => has(text, 'n1', groups)).toThrow(NodesetError),
  );
});

describe('fold', () => {
  it.each([
    ['a range', ['n3', 'n1', 'n2'], 'n[1-3]'],
    ['one', ['n3'], 'n3'],
    ['zeros in front', ['n099', 'n100', 'n017'], 'n[017,099-100]'],
    ['names without numbers', ['login', 'n1'], 'login,n1'],
    ['the last number', ['r1n1', 'r1n2', 'r2n1'], 'r1n[1-2],r2n1'],
    ['more digits than are exact', ['n12345678901234567'], 'n12345678901234567'],
    ['nothing', [], ''],
  ])('%s', (_, names, text) => {
    expect(fold(names)).toBe(text);
  });

  it('is what expand takes back', () => {
    const names = ['n1', 'n02', 'n002', 'x[', 'a9b', 'a10b'].filter((name) => !name.includes('['));
    expect([...expand(fold(names))].sort()).toEqual([...names].sort());
  });
});
