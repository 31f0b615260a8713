/** Many series with one: cases of Prometheus' manual, and of promqltest/testdata/operators.test. */
import { describe, expect, it } from 'vitest';
import { ask, type Data } from './memory-queries.ts';

/** https://prometheus.io/docs/prometheus/latest/querying/operators/#group-modifiers */
const MANUAL = {
  'errors{method="get",code="500"}': '24',
  'errors{method="get",code="404"}': '30',
  'errors{method="put",code="501"}': '3',
  'errors{method="post",code="500"}': '6',
  'errors{method="post",code="404"}': '21',
  'requests{method="get"}': '600',
  'requests{method="del"}': '34',
  'requests{method="post"}': '120',
};

describe('many series with one', () => {
  const expected = {
    '{code="404",method="get"}': '0.05',
    '{code="404",method="post"}': '0.175',
    '{code="500",method="get"}': '0.04',
    '{code="500",method="post"}': '0.05',
  };
  it.each(['errors / ignoring (code) group_left requests', 'errors / on (method) group_left () requests'])(
    '%s, as the manual has it',
    async (query) => {
      expect(await ask(query, MANUAL)).toEqual(expected);
    },
  );

  it('in the order of the operator, whichever side has several', async () => {
    expect(await ask('requests - on (method) group_right errors', MANUAL)).toMatchObject({
      '{code="500",method="get"}': '576',
      '{code="404",method="post"}': '99',
    });
    expect(await ask('requests < on (method) group_right errors * 10', MANUAL)).toEqual({
      '{code="404",method="post"}': '120',
    });
  });

  /** https://www.robustperception.io/how-to-have-labels-for-machine-roles */
  const roles = {
    'load{instance="a"}': '1 2 3 4',
    'load{instance="b"}': '5 6 7 8',
    'role{instance="a",role="db",site="x"}': '1 1 _ _',
    'role{instance="a",role="web"}': '_ _ 1 _',
    'role{instance="b",role="web",site="y"}': '1 1 1 1',
  };
  it.each<readonly [string, Data]>([
    [
      'load * on (instance) group_left (role, site) role',
      {
        '{instance="a",role="db",site="x"}': '1 2 _ _',
        '{instance="a",role="web"}': '_ _ 3 _',
        '{instance="b",role="web",site="y"}': '5 6 7 8',
      },
    ],
    ['load * on (instance) group_left role', { '{instance="a"}': '1 2 3 _', '{instance="b"}': '5 6 7 8' }],
    // A label the partner does not have is taken away.
    [
      'role * on (instance) group_left (role) load',
      {
        '{instance="a",site="x"}': '1 2 _ _',
        '{instance="a"}': '_ _ 3 _',
        '{instance="b",site="y"}': '5 6 7 8',
      },
    ],
    ['load > on (instance) group_left (role) role * 5', { 'load{instance="b",role="web"}': '_ 6 7 8' }],
    [
      'load > bool on (instance) group_left (role) role{role="web"} * 6',
      { '{instance="a",role="web"}': '_ _ 0 _', '{instance="b",role="web"}': '0 0 1 1' },
    ],
  ])('and the labels of its partner at each step: %s', async (query, expected) => {
    expect(await ask(query, roles, 4)).toEqual(expected);
  });

  it.each([
    [
      'load * on () group_left role{instance="b"} * on () group_left load',
      'many-to-many matching not allowed',
    ],
    [
      'load * on (instance) group_left (role) load * on () group_left role',
      'duplicate series for the match group on the right',
    ],
    ['role * on () group_right load', 'duplicate series for the match group on the left'],
    ['load * on () group_left (instance) role{instance="b"}', 'grouping labels must ensure unique matches'],
    [
      'load * on (instance) group_left (instance) role',
      'label "instance" must not occur in ON and GROUP clause at once',
    ],
    ['load and on (instance) group_left role', 'no grouping allowed for "and" operation'],
    ['load * on (instance) group_left 1', 'vector matching only allowed between instant vectors'],
  ])('%s is refused', async (query, message) => {
    await expect(ask(query, roles, 4)).rejects.toThrow(message);
  });

  it('and two partners at a step at which nothing asks for one are no fault', async () => {
    const data = {
      'load{instance="a"}': '1 _',
      'role{instance="a",role="db"}': '1 1',
      'role{instance="a",role="web"}': '_ 1',
    };
    expect(await ask('load * on (instance) group_left (role) role', data, 2)).toEqual({
      '{instance="a",role="db"}': '1 _',
    });
  });
});
